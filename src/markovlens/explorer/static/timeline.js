// One sequence along time: which it is, its steps as they are read, and its curves.
import { data, nameOfSymbol, rowOf } from "./data.js";
import { bodyOf, button, element, onScheme } from "./page.js";
import { chartsOf, staysOf } from "./chart.js";
import { showReading, startReading, stepInWords, strip } from "./reading.js";
import { chooseStep, onChange, selection } from "./selection.js";
import { counted, grouped, share } from "./spelling.js";

const MOST_STAYS = 200;

const { sequences, steps } = data;
const shown = { place: -1, charts: null };
const about = element("p", { class: "about" });
const curves = element("div", { class: "charts" });
const stays = element("tbody");
const which = element("input", { type: "number", id: "sequence", min: 0, max: data.sequences.total - 1 });
const kind = element("select", { id: "kind" });

// At how many steps of a sequence something is so.
const count = (marks, place) => {
  const first = rowOf(place, 0);
  return marks.subarray(first, first + sequences.lengths[place]).reduce((sum, each) => sum + each, 0);
};

const differing = (place) => count(steps.differs, place);

const differingInWords = (place) => {
  const answered = count(steps.answered, place);
  if (!data.differing) return "";
  if (!answered) return " The network answers nothing here.";
  const where = answered < sequences.lengths[place] ? `the ${counted(answered, data.unit)} at which the network answers` : "them";
  const how = data.differing === "they differ" ? "network and machine differ" : data.differing;
  return ` At ${share(differing(place) / answered)} of ${where} ${how}.`;
};

const KINDS = {
  all: () => true,
  "where they differ": (place) => differing(place) > 0,
  "where they differ at the end": (place) => steps.differs[rowOf(place, sequences.lengths[place] - 1)] > 0,
  ...Object.fromEntries(sequences.parts.map((part, at) => [`of ${part}`, (place) => sequences.part[place] === at])),
};

// The next sequence of the wished kind before or after one.
const go = (from, by) => {
  const count = sequences.lengths.length;
  for (let offset = 1; offset <= count; offset += 1) {
    const place = (from + by * offset + count * offset) % count;
    if (KINDS[kind.value](place)) return chooseStep(place, 0);
  }
  return undefined;
};

const refused = element("span", { id: "refused", role: "alert" });

// What was typed where it is no sequence of this page, and which there are; then the number is put back.
const refuse = (typed) => {
  const last = sequences.total - 1;
  const there = typed !== "" && Number.isInteger(Number(typed)) && Number(typed) >= 0 && Number(typed) <= last;
  refused.textContent = there ? `Sequence ${typed} is not in this page, which has only some of them.`
    : `There are sequences 0 to ${last}${typed ? `, and no ${typed}` : ""}.`;
  which.value = sequences.numbers[selection().place];
};

const goTo = () => {
  if (which.value === "") return; // somebody is about to type
  const place = sequences.places.get(Number(which.value));
  if (place === undefined) refuse(which.value);
  else chooseStep(place, 0);
};

const chooser = () => {
  kind.append(...Object.keys(KINDS).map((name) => element("option", {}, name)));
  which.addEventListener("change", goTo);
  which.addEventListener("input", () => refused.replaceChildren());
  which.addEventListener("keydown", ({ key }) => key === "Enter" && which.value === "" && refuse(""));
  kind.addEventListener("change", () => go(selection().place - 1, 1));
  return element("p", { class: "tools" },
    element("label", { for: "sequence" }, "Sequence"), which,
    button("Previous", () => go(selection().place, -1)), button("Next", () => go(selection().place, 1)),
    element("label", { for: "kind" }, "among"), kind, refused);
};

const describe = (place) => {
  const length = sequences.lengths[place];
  const held = sequences.lengths.length < sequences.total
    ? ` This page has ${counted(sequences.lengths.length, "sequence")} of ${grouped(sequences.total)}.` : "";
  about.replaceChildren(`${counted(length, data.unit)}, of the part ${sequences.parts[sequences.part[place]]}.`
    + `${differingInWords(place)}${held}`);
};

const inputsOf = (place, from, to) => Array.from(
  steps.symbols.subarray(rowOf(place, from), rowOf(place, Math.min(to, from + 8))), nameOfSymbol).join(data.reads_rows ? " · " : " ")
  + (to - from > 8 ? " …" : "");

const tell = (place) => stays.replaceChildren(...staysOf(place, MOST_STAYS).map(({ from, to, name }) =>
  element("tr", {}, element("td", {}, from + 1 === to ? to : `${from + 1} to ${to}`), element("td", {}, name),
    element("td", {}, inputsOf(place, from, to)))));

const open = (place) => {
  shown.charts?.close();
  shown.place = place;
  shown.charts = chartsOf(curves, place);
  which.value = sequences.numbers[place];
  refused.replaceChildren();
  describe(place);
  tell(place);
};

const show = (chosen) => {
  if (chosen.place !== shown.place) open(chosen.place);
  else shown.charts.mark();
  showReading(chosen);
  document.getElementById("selected").textContent = stepInWords(chosen.place, chosen.step);
};

const asText = () => element("details", {},
  element("summary", {}, `The sequence as a table, stay by stay (at most ${MOST_STAYS})`),
  element("div", { class: "scroll" }, element("table", {}, element("thead", {}, element("tr", {},
    ...[`${data.unit}s`, "state", "read"].map((name) => element("th", { scope: "col" }, name)))), stays)));

const key = () => element("p", { class: "key muted" },
  element("span", { class: "network" }, "network"), element("span", { class: "machine" }, "machine"),
  data.differing ? element("span", { class: "differing" }, data.differing) : null, " Below the curves the states.",
  element("i", { class: "by-hand" }, " Drag to look closer, click twice to see all."));

export const startTimeline = () => {
  startReading();
  bodyOf("timeline").append(chooser(), about, strip, key(), curves, asText());
  show(selection());
  onChange(show);
  onScheme(() => open(selection().place));
  new ResizeObserver(() => shown.charts.resize()).observe(curves);
};
