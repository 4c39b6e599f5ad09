// What is chosen: a state, a step of a sequence, and rows that were searched for. Views hear of it.
import { data, placeOf, rowOf } from "./data.js";

const views = [];
const chosen = { state: 0, place: 0, step: 0, wanted: null };

export const onChange = (view) => views.push(view);

export const selection = () => chosen;

const tell = (changes) => {
  Object.assign(chosen, changes);
  views.forEach((view) => view(chosen));
};

export const chooseStep = (place, step) => {
  const last = data.sequences.lengths[place] - 1;
  const within = Math.max(0, Math.min(last, step));
  tell({ place, step: within, state: data.steps.states[rowOf(place, within)] });
};

// The first step from a row on, round the end, at which something holds; -1 for none.
const next = (from, holds) => {
  const { length } = data.steps.states;
  for (let offset = 0; offset < length; offset += 1) {
    if (holds((from + offset) % length)) return (from + offset) % length;
  }
  return -1;
};

// Choose a state, and with it the next step at which the machine is in it.
export const chooseState = (state) => {
  const row = next(rowOf(chosen.place, chosen.step), (each) => data.steps.states[each] === state);
  tell(row < 0 ? { state } : { state, ...placeOf(row) });
};

// Rows that stand out: a mark for each, or null.
export const chooseRows = (wanted) => tell({ wanted });
