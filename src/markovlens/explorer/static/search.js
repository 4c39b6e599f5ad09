// Search: the inputs, rules and states whose names have what was typed, and where they occur.
import { data, nameOfState, nameOfSymbol, placeOf, rowOf } from "./data.js";
import { bodyOf, button, element, refill } from "./page.js";
import { chooseRows, chooseState, chooseStep } from "./selection.js";
import { counted, grouped } from "./spelling.js";

const MOST_NAMES = 20;
const MOST_PLACES = 30;
const SEARCHED = `. Searched are the names of ${data.reads_rows ? "rules" : "inputs"} and of states.`;
const AROUND = 4; // steps on either side of an occurrence

const { steps, sequences } = data;
const found = document.getElementById("found");

const having = (names, typed) => {
  const low = names.map((name) => name.toLowerCase());
  const same = low.flatMap((name, at) => (name === typed ? [at] : []));
  return same.length ? same : low.flatMap((name, at) => (name.includes(typed) ? [at] : []));
};

// Several words are a phrase, unless a name has all of them: each word an input, one after another.
const phraseOf = (typed) => {
  const whole = having(data.symbols, typed);
  const words = typed.split(/\s+/);
  return whole.length || words.length === 1 ? [new Set(whole)] : words.map((word) => new Set(having(data.symbols, word)));
};

const marksOf = (wanted) => Uint8Array.from(data.symbols, (_, symbol) => Number(wanted.has(symbol)));

// Whether the inputs up to a row are those of a phrase.
const endsAt = (phrase, row) => phrase.every((marks, at) => marks[steps.symbols[row - phrase.length + 1 + at]]);

// The rows of a phrase, marked; how often each input ends it, and in which state; the first places.
const occurrences = (phrase) => {
  const found = { marks: new Uint8Array(steps.symbols.length), counts: new Uint32Array(data.symbols.length),
    byState: new Uint32Array(data.states.length), rows: [], total: 0 };
  const parts = phrase.map(marksOf);
  sequences.starts.forEach((first, place) => {
    for (let step = parts.length - 1; step < sequences.lengths[place]; step += 1) {
      const row = first + step;
      if (!endsAt(parts, row)) continue;
      found.marks.fill(1, row - parts.length + 1, row + 1);
      found.counts[steps.symbols[row]] += 1;
      found.byState[steps.states[row]] += 1;
      found.total += 1;
      if (found.rows.length < MOST_PLACES) found.rows.push(row);
    }
  });
  return found;
};

const context = (length) => (row) => {
  const { place, step } = placeOf(row);
  const from = Math.max(0, step - length + 1 - AROUND);
  const to = Math.min(sequences.lengths[place], step + AROUND + 1);
  const words = [];
  for (let at = from; at < to; at += 1) {
    const inside = at <= step && at > step - length;
    words.push(element(inside ? "mark" : "span", {}, nameOfSymbol(steps.symbols[rowOf(place, at)])), data.reads_rows ? " · " : " ");
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
  button(nameOfSymbol(symbol), () => report([new Set([symbol])], []), { class: "link" }), ` ${counted(counts[symbol], "time")}`);

const list = (title, items) => (items.length ? element("div", {}, element("h3", {}, title), element("ul", {}, items)) : null);

// What was found, in words; of a phrase that it is one.
const summary = (phrase, total) => (phrase.length > 1 && phrase.every(({ size }) => size)
  ? `${phrase.length} inputs in a row, read ${counted(total, "time")}`
  : `${counted(phrase.length > 1 ? 0 : phrase[0].size, "input")} found, read ${counted(total, "time")}`);

const report = (phrase, states) => {
  const { marks, counts, byState, rows, total } = occurrences(phrase);
  const alone = phrase.length === 1 ? [...phrase[0]] : [];
  const cards = cardsOf(new Set(alone.map(nameOfSymbol)));
  const most = Array.from(byState, (count, state) => [state, count]).filter(([, count]) => count)
    .sort((one, other) => other[1] - one[1]);
  const more = total > rows.length ? ` (the first ${rows.length} of ${grouped(total)})` : "";
  found.hidden = false;
  refill(bodyOf("found"), [
    element("p", { role: "status" }, summary(phrase, total) + (alone.length ? `; ${counted(cards.length, "card")} tell of it` : "") + (total || states.length ? "" : SEARCHED), button("Close", close, { class: "close" })),
    element("div", { class: "results" },
      ...[list("Inputs", alone.slice(0, MOST_NAMES).map(symbolItem(counts))),
        list("States of that name", states.map((state) => stateItem([state, steps.states.filter((each) => each === state).length]))),
        list("Read on the way into", most.map(stateItem)),
        list("On the cards of", cards.map(({ state }) => element("li", {}, button(nameOfState(state), () => chooseState(state), { class: "link" })))),
        list(`Occurrences${more}`, rows.map(context(phrase.length)))].filter(Boolean))]);
  chooseRows(total ? marks : null);
};

const close = () => {
  if (found.contains(document.activeElement)) document.getElementById("query").focus();
  found.hidden = true;
  document.getElementById("query").value = "";
  chooseRows(null);
};

const search = (typed) => (typed
  ? report(phraseOf(typed), having(data.states.map(({ name }) => name), typed)) : close());

export const startSearch = () => {
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    search(document.getElementById("query").value.trim().toLowerCase());
  });
  document.getElementById("query").addEventListener("input", (event) => event.target.value || close());
};
