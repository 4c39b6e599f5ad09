// The machine's graph: its states are buttons; the chosen one and its arrows stand out.
import { moved } from "./page.js";
import { chooseState, onChange, selection } from "./selection.js";

const root = document.getElementById("graph");
const nodes = [...root.querySelectorAll(".state")];
const edges = [...root.querySelectorAll(".edge")];

let shown = -1;

const show = ({ state }) => {
  if (state === shown) return;
  shown = state;
  nodes.forEach((node) => {
    const is = Number(node.dataset.state) === state;
    node.setAttribute("aria-pressed", is);
    node.tabIndex = is ? 0 : -1;
  });
  edges.forEach(({ dataset, classList }) => {
    classList.toggle("near", Number(dataset.source) === state || Number(dataset.target) === state);
  });
  if (nodes.length && !nodes.some((node) => node.tabIndex === 0)) nodes[0].tabIndex = 0;
  centre(state);
};

// Where a graph is larger than its box, what was chosen is brought to the middle of it.
const centre = (state) => {
  const [node, box] = [nodes.find((each) => Number(each.dataset.state) === state), root.querySelector(".paper")];
  if (!node || (box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight)) return;
  const [at, frame] = [node.getBoundingClientRect(), box.getBoundingClientRect()];
  box.scrollBy((at.left + at.right - frame.left - frame.right) / 2, (at.top + at.bottom - frame.top - frame.bottom) / 2);
};

const MOST_ZOOM = 4;
const svg = root.querySelector("svg");
const whole = { least: parseFloat(svg.style.minWidth), most: parseFloat(svg.style.maxWidth) };
let zoom = 1;

// A graph that is looked at closer has a row of its own; none is drawn smaller than it was.
const zoomBy = (factor) => {
  zoom = Math.max(1, Math.min(MOST_ZOOM, zoom * factor));
  svg.style.width = `${100 * zoom}%`;
  svg.style.minWidth = `${whole.least * zoom}px`;
  svg.style.maxWidth = `${whole.most * zoom}px`;
  root.classList.toggle("closer", zoom > 1);
  centre(selection().state);
};

const KEYS = { "+": 1.4, "=": 1.4, "-": 1 / 1.4, 0: 0 };

const choose = (node) => chooseState(Number(node.dataset.state));

const pressed = (event) => {
  const place = nodes.indexOf(event.target.closest(".state"));
  if (place < 0) return;
  const to = moved(event.key, place, nodes.length);
  if (to !== null) nodes[to].focus();
  else if (event.key in KEYS) zoomBy(KEYS[event.key]);
  else if (event.key === "Enter" || event.key === " ") choose(nodes[place]);
  else return;
  event.preventDefault();
};

export const startGraph = () => {
  root.addEventListener("click", (event) => {
    const node = event.target.closest(".state");
    if (node) choose(node);
    else if (event.target.dataset.zoom) zoomBy(Number(event.target.dataset.zoom));
  });
  root.addEventListener("keydown", pressed);
  onChange(show);
  show(selection());
};
