// The page begins: each view draws itself and listens.
import { startCards } from "./cards.js";
import { startEmbedding } from "./embedding.js";
import { startGraph } from "./graph.js";
import { startPrediction } from "./prediction.js";
import { startSearch } from "./search.js";
import { chooseStep } from "./selection.js";
import { startTimeline } from "./timeline.js";

document.getElementById("explorer").hidden = false;
startGraph();
startEmbedding();
startCards();
startTimeline();
const first = startPrediction();
startSearch();
chooseStep(first ?? 0, 0);
