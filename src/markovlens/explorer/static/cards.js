// The card of the chosen state: what a person wants to know of it.
import { data, nameOfState } from "./data.js";
import { bodyOf, button, element, emphasised, line, refill } from "./page.js";
import { chooseState, chooseStep, onChange, selection } from "./selection.js";

const [START, END] = [-1, -2];

const stateLink = (state) => button(nameOfState(state), () => chooseState(state), { class: "link" });

const ways = (passages, edge) => passages.map(({ state, said, symbols }) => element("li", {},
  state === START || state === END ? edge : stateLink(state), `, ${said}`,
  symbols.length ? `, by ${symbols.slice(0, 4).map((each) => `${each.symbol} ${each.count}`).join(", ")}` : ""));

const openable = ({ sequence }) => data.sequences.places.has(sequence);

const excerpt = (window) => element("li", {},
  window.inputs.map((read, at) => [element(at === window.at ? "mark" : "span", {}, read), data.reads_rows ? " · " : " "]),
  element("span", { class: "muted" }, `(${window.states.join(" ")}${window.network ? `; the network: ${window.network}` : ""}) `),
  openable(window)
    ? button(`Sequence ${window.sequence}`, () => chooseStep(data.sequences.places.get(window.sequence), window.step), { class: "link" })
    : null);

const excerpts = (title, windows) =>
  (windows.length ? [element("h3", {}, title), element("ul", {}, windows.map(excerpt))] : []);

const facts = (card) => element("table", {}, element("tbody", {},
  card.facts.map(([name, said]) => line(name, said)),
  card.inputs.length ? line("read here", card.inputs.map(({ symbol, said }) => `${symbol} ${said}`).join(", ")) : null));

const bodyOfCard = (card) => [
  element("p", { class: "sentence" }, emphasised(card.sentence)),
  facts(card),
  element("h3", {}, "Entered from"), element("ul", {}, ways(card.entered, "the beginning")),
  element("h3", {}, "Left to"), element("ul", {}, ways(card.left, "the end")),
  ...excerpts("Typical", card.typical),
  ...excerpts("At its edge", card.boundary),
  ...excerpts("Where the network says otherwise", card.disputed),
];

const choices = element("p", { class: "tools states", role: "group", "aria-label": "All states" },
  data.states.map((_, state) => button(String(state), () => chooseState(state), { "aria-label": nameOfState(state) })));

let shown = -1;

const show = ({ state }) => {
  if (state === shown) return;
  shown = state;
  const own = data.cards[state].name;
  document.getElementById("card-title").textContent = own ? `State ${state}: ${own}` : `State ${state}`;
  refill(bodyOf("card"), bodyOfCard(data.cards[state]));
  [...choices.children].forEach((each, at) => each.setAttribute("aria-pressed", at === state));
};

export const startCards = () => {
  bodyOf("card").before(choices);
  show(selection());
  onChange(show);
};
