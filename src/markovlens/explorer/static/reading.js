// Some steps of the sequence around the chosen one, as they are read: input, and the state after it.
import { data, nameOfState, nameOfSymbol, rowOf } from "./data.js";
import { element, isDark, moved } from "./page.js";
import { chooseStep, selection } from "./selection.js";
import { atSteps, fixed, significant, single } from "./spelling.js";

const AROUND = 30; // steps on either side

const { states, symbols, differs, surprise, columns, decisions, channels } = data.steps;

const classOf = (code) => data.classes[code] ?? "nothing";

const isProbability = ["distribution", "labels"].includes(data.output);

// What is kept of an answer, as Python spells the answer.
const rounded = ({ values, step }, row) => {
  const value = atSteps(values[row], step);
  return isProbability ? fixed(value, 2) : significant(value);
};

const valuesOf = (row, who) => columns.map(({ name, [who]: kept }) => `${name} ${rounded(kept, row)}`);

// What network or machine answers at a row, in words.
const answerOf = (row, who) => {
  if (decisions?.sure) return `${classOf(decisions[who][row])} (${rounded(decisions.sure[who], row)})`;
  const values = valuesOf(row, who).join(", ");
  return decisions ? `${classOf(decisions[who][row])} (${values})` : values;
};

const inputOf = (row) => {
  const name = nameOfSymbol(symbols[row]);
  const values = channels.map(({ short, unit, levels, values: all }) => {
    if (Number.isNaN(all[row])) return `${short} missing`;
    return levels.length ? `${short} ${levels[all[row]]}` : `${short} ${significant(single(all[row]), 4)} ${unit}`.trimEnd();
  });
  return values.length ? `${values.join(", ")}: ${name}` : name;
};

// A step in words, as a screen reader says it and the line under the heading has it.
export const stepInWords = (place, step) => {
  const row = rowOf(place, step);
  const where = `${data.unit} ${step + 1} of ${data.sequences.lengths[place]} in sequence ${data.sequences.numbers[place]}`;
  const parts = differs[row] ? `; ${data.differing}` : "";
  return `${where}: ${inputOf(row)}; ${nameOfState(states[row])}; the network answers ${answerOf(row, "network")}, the `
    + `machine ${answerOf(row, "machine")}${parts}; ${fixed(surprise.values[row], 1)} bits of surprise`;
};

const word = (row, step, chosen, wanted) => {
  const state = data.states[states[row]];
  const made = element("span", {
    class: `step${differs[row] ? " differs" : ""}${step === chosen ? " at" : ""}${wanted?.[row] ? " wanted" : ""}`,
    "data-step": step,
  }, channels.length ? "" : nameOfSymbol(symbols[row]), element("sub", {}, String(states[row])));
  made.style.setProperty("--state", isDark() ? state.dark : state.light);
  return made;
};

export const strip = element("div", { class: channels.length ? "strip rows" : "strip", role: "slider", tabindex: 0, "aria-label": "Step of the sequence" });

const listen = () => {
  strip.addEventListener("click", (event) => {
    const at = event.target.closest(".step");
    if (at) chooseStep(selection().place, Number(at.dataset.step));
  });
  strip.addEventListener("keydown", (event) => {
    const { place, step } = selection();
    const to = moved(event.key, step, data.sequences.lengths[place]);
    if (to === null) return;
    chooseStep(place, to);
    event.preventDefault();
  });
};

export const startReading = listen;

export const showReading = ({ place, step, wanted }) => {
  const length = data.sequences.lengths[place];
  const [from, to] = [Math.max(0, step - AROUND), Math.min(length, step + AROUND + 1)];
  const words = [];
  for (let at = from; at < to; at += 1) words.push(word(rowOf(place, at), at, step, wanted), " ");
  strip.replaceChildren(from ? "… " : "", ...words, to < length ? "…" : "");
  const values = { min: 1, max: length, now: step + 1, text: stepInWords(place, step) };
  Object.entries(values).forEach(([name, value]) => strip.setAttribute(`aria-value${name}`, value));
};
