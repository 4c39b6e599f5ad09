// Search: the inputs, rules and states whose names have what was typed, and where they occur.
import { data, nameOfState, nameOfSymbol, placeOf, rowOf } from "./data.js";
import { bodyOf, button, counted, element } from "./page.js";
import { chooseState, chooseStep, chooseSymbols } from "./selection.js";

const MOST_NAMES = 20;
const MOST_PLACES = 30;
const AROUND = 4; // steps on either side of an occurrence

const { steps, sequences } = data;
const found = document.getElementById("found");

const having = (names, typed) => {
  const low = names.map((name) => name.toLowerCase());
  const same = low.flatMap((name, at) => (name === typed ? [at] : []));
  return same.length ? same : low.flatMap((name, at) => (name.includes(typed) ? [at] : []));
};

// How often each symbol is read, and the first rows at which one of those wanted is.
const occurrences = (wanted) => {
  const counts = new Map();
  const byState = new Map();
  const rows = [];
  steps.symbols.forEach((symbol, row) => {
    if (!wanted.has(symbol)) return;
    counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    byState.set(steps.states[row], (byState.get(steps.states[row]) ?? 0) + 1);
    if (rows.length < MOST_PLACES) rows.push(row);
  });
  const total = [...counts.values()].reduce((sum, each) => sum + each, 0);
  return { counts, byState, rows, total };
};

const context = (row) => {
  const { place, step } = placeOf(row);
  const from = Math.max(0, step - AROUND);
  const to = Math.min(sequences.lengths[place], step + AROUND + 1);
  const words = [];
  for (let at = from; at < to; at += 1) {
    words.push(element(at === step ? "mark" : "span", {}, nameOfSymbol(steps.symbols[rowOf(place, at)])), " ");
  }
  const title = `Sequence ${sequences.numbers[place]}, ${data.unit} ${step + 1}`;
  return element("li", {}, button(title, () => chooseStep(place, step), { class: "link" }), " ", words,
    element("span", { class: "muted" }, nameOfState(steps.states[row])));
};

const cardsOf = (names) => data.cards.filter((card) =>
  [...card.inputs, ...card.entered.flatMap((way) => way.symbols), ...card.left.flatMap((way) => way.symbols)]
    .some(({ symbol }) => names.has(symbol)));

const stateItem = ([state, count]) =>
  element("li", {}, button(nameOfState(state), () => chooseState(state), { class: "link" }), ` ${counted(count, "time")}`);

const symbolItem = (counts) => (symbol) => element("li", {},
  button(nameOfSymbol(symbol), () => report(new Set([symbol]), []), { class: "link" }), ` ${counted(counts.get(symbol) ?? 0, "time")}`);

const list = (title, items) => (items.length ? element("div", {}, element("h3", {}, title), element("ul", {}, items)) : null);

const report = (wanted, states) => {
  const { counts, byState, rows, total } = occurrences(wanted);
  const cards = cardsOf(new Set([...wanted].map(nameOfSymbol)));
  const most = [...byState].sort((one, other) => other[1] - one[1]);
  const more = total > rows.length ? ` (the first ${rows.length} of ${total.toLocaleString("en")})` : "";
  bodyOf("found").replaceChildren(
    element("p", { role: "status" }, `${counted(wanted.size, "input")} found, read ${counted(total, "time")}; `
      + `${counted(cards.length, "card")} tell of it`, button("Close", close, { class: "close" })),
    element("div", { class: "results" },
      ...[list("Inputs", [...wanted].slice(0, MOST_NAMES).map(symbolItem(counts))),
        list("States of that name", states.map((state) => stateItem([state, steps.states.filter((each) => each === state).length]))),
        list("Read on the way into", most.map(stateItem)),
        list("On the cards of", cards.map(({ state }) => element("li", {}, button(nameOfState(state), () => chooseState(state), { class: "link" })))),
        list(`Occurrences${more}`, rows.map(context))].filter(Boolean)));
  found.hidden = false;
  chooseSymbols(wanted.size ? wanted : null);
};

const close = () => {
  found.hidden = true;
  document.getElementById("query").value = "";
  chooseSymbols(null);
};

const search = (typed) => (typed
  ? report(new Set(having(data.symbols, typed)), having(data.states.map(({ name }) => name), typed)) : close());

export const startSearch = () => {
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    search(document.getElementById("query").value.trim().toLowerCase());
  });
  document.getElementById("query").addEventListener("input", (event) => event.target.value || close());
};
