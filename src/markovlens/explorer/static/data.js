// What the page is made of, its arrays unpacked; each step has a row, sequences lie one after another.

const ARRAYS = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, f4: Float32Array };
const MISSING = 65535; // as in packing.py

const unpacked = ({ kind, data }) =>
  new ARRAYS[kind](Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)).buffer);

// Values that are kept in steps, and how large a step is.
const unscaled = (packed) => ({
  step: packed.step,
  values: Float64Array.from(unpacked(packed), (whole) => (whole === MISSING ? NaN : packed.low + packed.step * whole)),
});

const stepsOf = (plain) => ({
  states: unpacked(plain.states),
  symbols: unpacked(plain.symbols),
  differs: unpacked(plain.differs),
  answered: unpacked(plain.answered),
  x: unscaled(plain.x).values,
  y: unscaled(plain.y).values,
  surprise: unscaled(plain.surprise),
  columns: plain.columns.map(({ name, axis, machine, network }) =>
    ({ name, axis, machine: unscaled(machine), network: unscaled(network) })),
  decisions: plain.decisions
    && {
      machine: unpacked(plain.decisions.machine),
      network: unpacked(plain.decisions.network),
      sure: plain.decisions.sure
        && { machine: unscaled(plain.decisions.sure.machine), network: unscaled(plain.decisions.sure.network) },
    },
  channels: plain.channels.map((channel) => ({ ...channel, values: unpacked(channel.values) })),
});

const sequencesOf = (plain) => {
  const lengths = unpacked(plain.lengths);
  const starts = new Uint32Array(lengths.length);
  for (let place = 1; place < lengths.length; place += 1) {
    starts[place] = starts[place - 1] + lengths[place - 1];
  }
  const numbers = unpacked(plain.numbers);
  const places = new Map(Array.from(numbers, (number, place) => [number, place]));
  return { ...plain, lengths, starts, numbers, places, part: unpacked(plain.part) };
};

const plain = JSON.parse(document.getElementById("data").textContent);

export const data = { ...plain, steps: stepsOf(plain.steps), sequences: sequencesOf(plain.sequences) };

// The row of a step of a sequence, which is given by its place among those that the page holds.
export const rowOf = (place, step) => data.sequences.starts[place] + step;

// The place of the sequence in which a row lies, and its step there.
export const placeOf = (row) => {
  const { starts } = data.sequences;
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= row) low = middle;
    else high = middle - 1;
  }
  return { place: low, step: row - starts[low] };
};

export const nameOfSymbol = (symbol) => data.symbols[symbol] ?? "";

export const nameOfState = (state) => data.states[state].name;
