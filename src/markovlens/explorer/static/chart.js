// Curves along one sequence, by uPlot: one chart for each column of the output and channel of rows.
import { data, nameOfState, rowOf } from "./data.js";
import { colourOf, element, isDark } from "./page.js";
import { chooseStep, selection } from "./selection.js";
import { fixed, grouped, significant } from "./spelling.js";

const HEIGHT = 160; // pixels
const WHOLE = [1, 2, 5].flatMap((first) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6].map((power) => first * power)).sort((a, b) => a - b);
const LONGEST = 8; // letters of a level beside its tick
const BAND = 12; // pixels of the states under a chart

// NaN is a gap to people and null to the library.
const gaps = (values) => Array.from(values, (value) => (Number.isNaN(value) ? null : value));

const cut = (values, place) => {
  const first = rowOf(place, 0);
  return values.subarray(first, first + data.sequences.lengths[place]);
};

const stateColour = (state) => (isDark() ? data.states[state].dark : data.states[state].light);

// The states as a band under the curves, a box for each stay; a stay too short to be seen is one pixel.
const drawBand = (chart, place) => {
  const states = cut(data.steps.states, place);
  const { ctx, bbox } = chart;
  const [low, high] = [chart.scales.x.min, chart.scales.x.max];
  const height = BAND * devicePixelRatio;
  let from = Math.max(0, Math.floor(low) - 1);
  const end = Math.min(states.length, Math.ceil(high));
  ctx.save();
  while (from < end) {
    let to = from;
    while (to < end && states[to] === states[from]) to += 1;
    const [left, right] = [from + 0.5, to + 0.5].map((at) =>
      Math.max(bbox.left, Math.min(bbox.left + bbox.width, chart.valToPos(at, "x", true))));
    ctx.fillStyle = stateColour(states[from]);
    ctx.fillRect(left, bbox.top + bbox.height + devicePixelRatio, Math.max(right - left, 1), height);
    from = to;
  }
  ctx.restore();
};

// The chosen step is a line over the chart, so that the curves need not be drawn again with each choice.
const markChosen = (chart, line) => {
  const at = chart.valToPos(selection().step + 1, "x");
  line.hidden = at < 0 || at > chart.bbox.width / devicePixelRatio;
  line.style.left = `${at}px`;
};

const drawDiffering = (chart, place) => {
  const { ctx, bbox } = chart;
  const differs = cut(data.steps.differs, place);
  ctx.save();
  ctx.fillStyle = colourOf("--differs");
  const width = Math.max(2 * devicePixelRatio, 1);
  for (let step = 0; step < differs.length; step += 1) {
    const at = differs[step] ? chart.valToPos(step + 1, "x", true) : -1;
    if (at >= bbox.left && at <= bbox.left + bbox.width) ctx.fillRect(at - width / 2, bbox.top, width, 7 * devicePixelRatio);
  }
  ctx.restore();
};

const axis = () => ({
  stroke: colourOf("--muted"), labelSize: 18, labelFont: "12px system-ui, sans-serif", font: "11px system-ui, sans-serif", grid: { stroke: colourOf("--line"), width: 1 }, ticks: { stroke: colourOf("--line"), width: 1 },
});

// The network's line is broad, so that it is seen on either side of the machine's dashes on it.
const series = (label, stroke, dash, paths) => ({ label, stroke, dash, ...(paths ? { paths } : {}), width: dash ? 1.6 : 3.4, points: { show: false } });

// The values of a sequence, or more of the column where they hardly differ: noise must not fill a chart.
const spanned = (column, low, high) => {
  const lowest = low ?? column.low;
  const span = (high ?? column.high) - lowest || 0;
  const most = Math.max(span, column.least) || 1;
  const from = lowest - (most - span) / 2;
  const last = Math.max(column.low, column.high - most);
  return [span < column.least ? Math.min(Math.max(from, column.low), last) : lowest, most];
};

// A little room on either side of them.
const roomy = (column) => (chart, low, high) => {
  const [from, span] = spanned(column, low, high);
  return [from - 0.06 * span, from + 1.1 * span];
};

// At least two ticks, at ones, twos or fives.
const ticksOf = (low, high) => {
  const rough = (high - low) / 2;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [5, 2, 1, 0.5].find((each) => each * power <= rough); // a half: logarithms are rounded
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, at) => (first + at) * step);
};

// A tick with as many decimals as tell it from the next.
const tickInWords = (value, step) => {
  const power = Math.floor(Math.log10(step) + 1e-9);
  if (power >= -4 && Math.abs(value) < 1e6) return fixed(value, Math.max(0, -power));
  return significant(value, Math.max(1, Math.ceil(Math.log10(Math.abs(value) / step)) + 1));
};

const valuesAxis = () => ({
  ...axis(), size: 52, space: 12,
  splits: (chart, at, low, high) => ticksOf(low, high),
  values: (chart, ticks) => ticks.map((tick) => tickInWords(tick, ticks[1] - ticks[0])),
});

const shortened = (name) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);

// Categories by name, which are at whole numbers.
const levelsAxis = (levels) => ({
  ...valuesAxis(),
  splits: (chart, at, low, high) => ticksOf(low, high).map(Math.round).filter((tick, place, all) => tick in levels && all.indexOf(tick) === place),
  values: (chart, ticks) => ticks.map((tick) => shortened(levels[tick])),
});

const optionsOf = (host, { column, levels }, lines, place, mark) => ({
  width: host.clientWidth || 320,
  height: HEIGHT,
  scales: { x: { time: false }, y: { range: roomy(column) } },
  axes: [
    { ...axis(), label: data.unit, size: 30 + BAND, gap: 5 + BAND, ticks: { show: false }, incrs: WHOLE, values: (chart, ticks) => ticks.map((tick) => tick && grouped(tick)) },
    levels.length ? levelsAxis(levels) : valuesAxis(),
  ],
  series: [{ label: data.unit }, ...lines],
  cursor: { drag: { x: true, y: false }, points: { size: 6 } },
  legend: { show: false },
  hooks: {
    draw: [(chart) => {
      drawBand(chart, place);
      drawDiffering(chart, place);
      markChosen(chart, mark);
    }],
  },
});

const steps = (place) => Array.from({ length: data.sequences.lengths[place] }, (_, step) => step + 1);

const drawn = (host, look, pairs, place) => {
  const lines = pairs.map(([name, , colour, dash, paths]) => series(name, colourOf(colour), dash, paths));
  const curves = [steps(place), ...pairs.map(([, values]) => gaps(cut(values, place)))];
  const mark = element("div", { class: "chosen-step" });
  const chart = new uPlot(optionsOf(host, look, lines, place, mark), curves, host);
  chart.over.append(mark);
  chart.over.addEventListener("click", () => {
    const at = chart.cursor.idx;
    if (at !== null && at !== undefined) chooseStep(place, at);
  });
  return { chart, mark };
};

// The charts of one sequence; `close` removes them again.
export const chartsOf = (host, place) => {
  const answers = data.steps.columns.map(({ name, axis: column, network, machine }) => [{ name, column, levels: [] },
    [["network", network.values, "--network"], ["machine", machine.values, "--machine", [7, 6]]]]);
  const held = uPlot.paths.stepped({ align: 1 }); // what is sampled is not known between two steps
  const inputs = data.steps.channels.map(({ name, axis: column, levels, values }) =>
    [{ name, column, levels }, [[name, values, "--ink", null, held]]]);
  const charts = [...answers, ...inputs].map(([look, pairs]) => {
    const box = element("div", { class: "chart", "aria-hidden": "true" }, element("p", {}, look.name));
    host.append(box);
    return drawn(box, look, pairs, place);
  });
  return {
    mark: () => charts.forEach(({ chart, mark }) => markChosen(chart, mark)),
    resize: () => charts.forEach(({ chart }) => chart.setSize({ width: host.clientWidth, height: HEIGHT })),
    close: () => {
      charts.forEach(({ chart }) => chart.destroy());
      host.replaceChildren();
    },
  };
};

// The stays of a sequence in words: the text in place of the charts.
export const staysOf = (place, most) => {
  const states = cut(data.steps.states, place);
  const stays = [];
  for (let from = 0, to = 0; from < states.length && stays.length < most; from = to) {
    while (to < states.length && states[to] === states[from]) to += 1;
    stays.push({ from, to, name: nameOfState(states[from]) });
  }
  return stays;
};
