// One prediction: what was answered to a held-out sequence and why, for those the page has it of.
import { data, nameOfState } from "./data.js";
import { bodyOf, button, element, emphasised, refill } from "./page.js";
import { chooseStep, onChange, selection } from "./selection.js";
import { counted } from "./spelling.js";

const { sequences, predictions } = data;
const known = new Map(predictions.map((each) => [sequences.places.get(each.sequence), each]));
const which = element("select", { id: "predicted" });
const shown = { place: -2 };
const since = element("p", { class: "since" });

const bar = (moved, most) => {
  const made = element("span", { class: moved < 0 ? "bar down" : "bar" });
  made.style.width = `${(100 * Math.abs(moved)) / most}%`;
  return made;
};

const evidenceOf = ({ evidence, about, by_network }, place) => {
  const most = Math.max(...evidence.map(({ moved }) => Math.abs(moved)));
  const rows = evidence.map(({ step, input, state, moved, said, machine }) => element("tr", {},
    element("td", {}, button(`${data.unit} ${step + 1}`, () => chooseStep(place, step), { class: "link" })),
    element("td", {}, input), element("td", {}, nameOfState(state)),
    element("td", { class: "number" }, said, bar(moved, most)),
    by_network ? element("td", { class: "number" }, machine) : null));
  const heads = [data.unit, "read", "into", ...(by_network ? [`network: ${about}`, "machine"] : [`machine: ${about}`])];
  return element("div", { class: "scroll" }, element("table", {},
    element("caption", {}, element("span", {}, `The ${data.unit}s that moved “${about}” most`)),
    element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, rows)));
};

const neighbour = ({ sequence, inputs, network, target }) => {
  const told = [data.reads_rows ? "" : inputs.join(" "), network && `the network: ${network}`, target && `right was ${target}`];
  const said = `${told.filter(Boolean).join("; ")} `;
  const place = sequences.places.get(sequence);
  return element("li", {}, said, place === undefined ? `(sequence ${sequence})`
    : button(`Sequence ${sequence}`, () => chooseStep(place, sequences.lengths[place] - 1), { class: "link" }));
};

const changedItem = ({ skipped, was, now, changed, step }) => {
  if (skipped) return element("tr", {}, element("td", { colspan: 3, class: "muted" }, `… ${counted(skipped, data.unit)} as before`));
  return element("tr", {}, element("td", {}, step), element("td", {}, changed ? was : ""),
    element("td", {}, element(changed ? "mark" : "span", {}, now)));
};

// Of words the whole text, what was put in marked; of rows a table of what changed and what is around it.
const afterChange = ({ around }) => (data.reads_rows
  ? element("div", { class: "scroll" }, element("table", { class: "changed" },
    element("thead", {}, element("tr", {}, [data.unit, "was", "is then"].map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, around.map(changedItem))))
  : element("p", {}, around.map(({ was, now, changed }) => [changed && was ? element("del", {}, was) : null, " ",
    now ? element(changed ? "mark" : "span", {}, now) : null, " "])));

const bodyOfPrediction = (each, place) => element("div", { class: "evidence" },
  element("div", {},
    element("ul", { class: "lines" }, each.lines.map((text) => element("li", {}, emphasised(text)))),
    each.change ? [element("h3", {}, "After the smallest change"), afterChange(each.change)] : null,
    each.near.length ? [element("h3", {}, "The nearest sequences of the same path"), element("ul", {}, each.near.map(neighbour))] : null),
  element("div", {},
    each.evidence.length ? evidenceOf(each, place) : null,
    element("h3", {}, `Since the chosen ${data.unit}`), since,
    each.turned ? element("p", {}, button(`To the ${data.unit} at which it ${each.turns ? "turned" : "moved most"}`, () => chooseStep(place, each.turned))) : null));

const content = element("div", {});

// The sentence of the chosen step, or of the last before it that has one.
const tellSince = ({ place, step }) => {
  const told = known.get(place)?.since.findLast((each) => each.step <= step);
  if (told) since.replaceChildren(...emphasised(told.said));
};

const show = (chosen) => {
  showWhole(chosen);
  tellSince(chosen);
};

const showWhole = ({ place }) => {
  if (place === shown.place) return;
  shown.place = place;
  which.value = known.has(place) ? String(place) : "";
  refill(content, [known.has(place) ? bodyOfPrediction(known.get(place), place)
    : element("p", { class: "muted" }, "Nothing more is known of this sequence; choose one of those in the list.")]);
};

const option = ([place, each]) =>
  element("option", { value: place }, `${each.sequence}: ${each.network}${each.agree === false ? `, the machine ${each.machine}` : ""}`);

// Returns the first sequence of which a prediction is known.
export const startPrediction = () => {
  which.append(element("option", { value: "" }, "–"), ...[...known].map(option));
  which.addEventListener("change", () => which.value && chooseStep(Number(which.value), known.get(Number(which.value)).turned));
  const tested = sequences.part.reduce((sum, part) => sum + (sequences.parts[part] === "test"), 0);
  bodyOf("prediction").append(element("p", { class: "tools" },
    element("label", { for: "predicted" }, `${counted(predictions.length, "test sequence")} of ${tested}, whole`), which), content);
  show(selection());
  onChange(show);
  return [...known.keys()][0];
};
