// The network's states in two coordinates, a point a step, in the colour of the machine's state.
// Points are set into the picture one by one: no library that was tried draws 10^5 within 100 ms.
import { data, placeOf, rowOf } from "./data.js";
import { bodyOf, button, colourOf, element, isDark, moved, onScheme } from "./page.js";
import { chooseState, chooseStep, onChange, selection } from "./selection.js";
import { counted } from "./spelling.js";

const POINT = 3; // pixels of the screen
const NEAR = 14; // pixels within which a click finds a point
const PALE = 0.22; // of the colour of what is not chosen
const LONGEST_PATH = 300; // steps of a sequence that are joined by a line
const HEIGHT = 0.85; // of the width

const { x, y, states } = data.steps;
const canvas = element("canvas", { "aria-hidden": "true" });
const view = { zoom: 1, left: 0, top: 0 }; // in shares of the picture
const shape = { width: 0, height: 0, ratio: 1 };
let places = null; // of each point in the picture, from 0 to 1
const pale = { key: "" }; // the picture of all points as if none were chosen

const rangeOf = (values) => {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high > low ? [low, high] : [low - 1, low + 1];
};

const scaledTo = (values, flipped) => {
  const [low, high] = rangeOf(values);
  return Float32Array.from(values, (value) => {
    const part = 0.04 + (0.92 * (value - low)) / (high - low);
    return flipped ? 1 - part : part;
  });
};

const atX = (part) => (part - view.left) * view.zoom * shape.width;
const atY = (part) => (part - view.top) * view.zoom * shape.height;

const rgbOf = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

const pixelOf = (rgb) => ((255 << 24) | (rgb[2] << 16) | (rgb[1] << 8) | rgb[0]) >>> 0;

const mixed = (rgb, paper, part) => rgb.map((value, at) => Math.round(part * value + (1 - part) * paper[at]));

// The colours of each state, full and pale, as the picture's numbers have them.
const palette = () => {
  const paper = rgbOf(colourOf("--paper"));
  const colours = data.states.map((state) => rgbOf(isDark() ? state.dark : state.light));
  return {
    full: colours.map(pixelOf),
    pale: colours.map((colour) => pixelOf(mixed(colour, paper, PALE))),
  };
};

// Which steps stand out: those that were searched for, else those of the chosen state.
const standsOut = ({ state, wanted }) => (wanted ? (row) => wanted[row] : (row) => states[row] === state);

const dot = (pixels, row, colour) => {
  const { size } = pale;
  const left = Math.round(atX(places.x[row]) - size / 2);
  const top = Math.round(atY(places.y[row]) - size / 2);
  if (left < 0 || top < 0 || left + size > shape.width || top + size > shape.height) return;
  for (let from = top * shape.width + left, down = 0; down < size; down += 1, from += shape.width) {
    for (let at = from; at < from + size; at += 1) pixels[at] = colour;
  }
};

// All points in pale, kept until they lie or look otherwise: only those that stand out are drawn anew.
const drawPale = () => {
  const key = [shape.width, shape.height, view.zoom, view.left, view.top, isDark()].join();
  if (pale.key === key) return;
  Object.assign(pale, { key, size: Math.round(POINT * shape.ratio), colours: palette(), pixels: new Uint32Array(shape.width * shape.height) });
  for (let row = 0; row < states.length; row += 1) dot(pale.pixels, row, pale.colours.pale[states[row]]);
};

const drawPoints = (context, chosen) => {
  drawPale();
  const image = context.createImageData(shape.width, shape.height);
  const pixels = new Uint32Array(image.data.buffer);
  pixels.set(pale.pixels);
  const out = standsOut(chosen);
  for (let row = 0; row < states.length; row += 1) {
    if (out(row)) dot(pixels, row, pale.colours.full[states[row]]);
  }
  context.putImageData(image, 0, 0);
};

const drawPath = (context, { place, step }) => {
  const [first, length] = [rowOf(place, 0), data.sequences.lengths[place]];
  context.lineWidth = shape.ratio;
  context.strokeStyle = colourOf("--ink");
  if (length <= LONGEST_PATH) {
    context.globalAlpha = 0.45;
    context.beginPath();
    for (let row = first; row < first + length; row += 1) context.lineTo(atX(places.x[row]), atY(places.y[row]));
    context.stroke();
    context.globalAlpha = 1;
  }
  context.lineWidth = 2.5 * shape.ratio;
  context.beginPath();
  context.arc(atX(places.x[first + step]), atY(places.y[first + step]), 7 * shape.ratio, 0, 2 * Math.PI);
  context.stroke();
};

const centres = () => data.states.map((_, state) => {
  const sum = { x: 0, y: 0, count: 0 };
  for (let row = 0; row < states.length; row += 1) {
    if (states[row] !== state) continue;
    sum.x += places.x[row];
    sum.y += places.y[row];
    sum.count += 1;
  }
  return sum.count ? { state, x: sum.x / sum.count, y: sum.y / sum.count } : null;
}).filter(Boolean);

const drawNumbers = (context) => {
  context.font = `600 ${13 * shape.ratio}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 4 * shape.ratio;
  context.strokeStyle = colourOf("--paper");
  context.fillStyle = colourOf("--ink");
  places.centres.forEach((centre) => {
    context.strokeText(centre.state, atX(centre.x), atY(centre.y));
    context.fillText(centre.state, atX(centre.x), atY(centre.y));
  });
};

const draw = (chosen) => {
  if (!shape.width) return;
  const context = canvas.getContext("2d");
  drawPoints(context, chosen);
  drawPath(context, chosen);
  drawNumbers(context);
};

const fit = () => {
  const width = canvas.parentElement.clientWidth;
  if (!width) return;
  shape.ratio = devicePixelRatio;
  shape.width = canvas.width = Math.round(width * shape.ratio);
  shape.height = canvas.height = Math.round(width * HEIGHT * shape.ratio);
  draw(selection());
};

const zoomBy = (factor, across = 0.5, down = 0.5) => {
  const zoom = Math.max(1, Math.min(60, view.zoom * factor));
  const within = (from, at) => Math.max(0, Math.min(1 - 1 / zoom, from + at / view.zoom - at / zoom));
  Object.assign(view, { left: within(view.left, across), top: within(view.top, down), zoom });
  draw(selection());
};

const shiftBy = (across, down) => {
  const within = (from, by) => Math.max(0, Math.min(1 - 1 / view.zoom, from - by / view.zoom));
  Object.assign(view, { left: within(view.left, across), top: within(view.top, down) });
  draw(selection());
};

// The nearest point to a place on the screen, -1 if none is near.
const pointAt = ({ offsetX, offsetY }) => {
  const [across, down] = [offsetX * shape.ratio, offsetY * shape.ratio];
  let [least, found] = [(NEAR * shape.ratio) ** 2, -1];
  for (let row = 0; row < states.length; row += 1) {
    const apart = (atX(places.x[row]) - across) ** 2 + (atY(places.y[row]) - down) ** 2;
    if (apart < least) [least, found] = [apart, row];
  }
  return found;
};

const chooseAt = (event) => {
  const row = pointAt(event);
  if (row < 0) return;
  const { place, step } = placeOf(row);
  chooseStep(place, step);
};

const KEYS = { "+": () => zoomBy(1.5), "=": () => zoomBy(1.5), "-": () => zoomBy(1 / 1.5), 0: () => zoomBy(0) };

const pressed = (event) => {
  const { place, step, state } = selection();
  if (event.key in KEYS) KEYS[event.key]();
  else if (["ArrowUp", "ArrowDown"].includes(event.key)) chooseState(moved(event.key, state, data.states.length));
  else if (["ArrowLeft", "ArrowRight"].includes(event.key)) chooseStep(place, step + (event.key === "ArrowLeft" ? -1 : 1));
  else return;
  event.preventDefault();
};

// A short press chooses, a long way drags.
const listen = () => {
  let from = null;
  canvas.addEventListener("pointerdown", (event) => { from = { x: event.clientX, y: event.clientY, far: false }; });
  canvas.addEventListener("pointermove", (event) => {
    if (!from || !event.buttons) return;
    const [across, down] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.far && Math.hypot(across, down) < 5) return;
    shiftBy((across * shape.ratio) / shape.width, (down * shape.ratio) / shape.height);
    from = { x: event.clientX, y: event.clientY, far: true };
  });
  canvas.addEventListener("click", (event) => {
    if (!from?.far) chooseAt(event);
    from = null;
  });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && view.zoom === 1 && event.deltaY > 0) return; // the page scrolls on
    event.preventDefault();
    const at = [(event.offsetX * shape.ratio) / shape.width, (event.offsetY * shape.ratio) / shape.height];
    zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, ...at);
  }, { passive: false });
};

const tools = () => element("p", { class: "tools" },
  button("Closer", () => zoomBy(1.5)), button("Farther", () => zoomBy(1 / 1.5)), button("All", () => zoomBy(0)));

export const startEmbedding = () => {
  places = { x: scaledTo(x, false), y: scaledTo(y, true) };
  places.centres = centres();
  const said = `${counted(states.length, data.unit)} in the first two principal components of the network's state, coloured `
    + "by the machine's state. Arrows left and right move along the sequence, up and down between states, plus "
    + "and minus zoom.";
  const frame = element("div", { class: "paper plane", tabindex: 0, role: "group", "aria-label": said }, canvas);
  frame.addEventListener("keydown", pressed);
  bodyOf("embedding").append(frame, tools());
  listen();
  onChange(draw);
  onScheme(() => draw(selection()));
  new ResizeObserver(fit).observe(frame);
};
