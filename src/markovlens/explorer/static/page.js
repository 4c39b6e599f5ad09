// Elements and colours: what all views are made of. Text goes in as text, never as markup.

export const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => {
    if (name === "on") Object.entries(value).forEach(([event, act]) => made.addEventListener(event, act));
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  });
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
};

// Text with what stands between asterisks set off; a name there may be an asterisk itself.
export const emphasised = (text) => text.split(/\*(.+?)\*(?!\*)/).map((part, at) => (at % 2 ? element("em", {}, part) : part));

export const button = (text, act, attributes = {}) =>
  element("button", { type: "button", ...attributes, on: { click: act } }, text);

export const bodyOf = (name) => document.querySelector(`#${name} .body`);

// Inputs one after another; rows have blanks in them.
export const joined = (inputs, apart) => inputs.join(apart ? " · " : " ");

// New content; where the focus was inside it goes to the title, so that the keyboard keeps its place.
export const refill = (place, children) => {
  const inside = place.contains(document.activeElement);
  place.replaceChildren(...children);
  const title = inside && place.closest("section").querySelector("h2");
  if (!title) return;
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
};

// A row of a table: its heading, and what stands beside it.
export const line = (heading, ...cells) =>
  element("tr", {}, element("th", { scope: "row" }, heading), cells.map((cell) => element("td", {}, cell)));

const dark = matchMedia("(prefers-color-scheme: dark)");

export const isDark = () => dark.matches;

export const onScheme = (act) => dark.addEventListener("change", act);

// Asked of the browser once, since each question makes it lay out the page before it answers.
const colours = new Map();

onScheme(() => colours.clear());

export const colourOf = (name) => {
  if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return colours.get(name);
};

// Where the arrows of the keyboard lead, from a place among `count`; null for other keys.
export const moved = (key, place, count, page = 10) => {
  const steps = {
    ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, PageUp: -page, PageDown: page, Home: -Infinity,
    End: Infinity,
  };
  return key in steps ? Math.max(0, Math.min(count - 1, place + steps[key])) : null;
};
