"use strict";
// Sorts and filters the tables, and opens the part of a network that a link points to. Without this
// script the page has the same content, in the order of the config.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // --- sorting: a button in every heading; what has no value stays at the end -----------------
  const key = (row, column) => {
    const cell = row.cells[column];
    if (!cell) return "";
    const text = cell.dataset.value ?? cell.textContent.trim();
    return text === "" || isNaN(text) ? text : Number(text);
  };
  const compare = (a, b) =>
    typeof a === typeof b
      ? typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true })
      : typeof a === "number" ? -1 : 1;
  const sort = (table, heading) => {
    const down = heading.getAttribute("aria-sort") === "ascending";
    const sign = down ? -1 : 1;
    const rows = all("tbody tr", table).map((row) => [key(row, heading.cellIndex), row]);
    rows.sort(([a], [b]) => (a === "") - (b === "") || sign * compare(a, b));
    table.tBodies[0].append(...rows.map(([, row]) => row));
    all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  };
  all("table.sortable").forEach((table) =>
    all("thead th", table).forEach((heading) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(table, heading));
    }));

  // --- filtering: rows of networks by place, method and words, claims by words ------------------
  const form = document.querySelector("form.filter");
  const words = new Map(all("#verdict-table tbody tr").map((row) => [row.dataset.place, row.textContent.toLowerCase()]));
  const asked = () => {
    const data = new FormData(form);
    const typed = data.get("words").toLowerCase().split(/\s+/).filter(Boolean);
    return { task: data.get("task"), model: data.get("model"), method: data.get("method"), typed };
  };
  const has = (text, typed) => typed.every((word) => text.includes(word));
  const fits = (element, { task, model, method, typed }) => {
    const { place, methods, ...own } = element.dataset;
    return (!task || own.task === task) && (!model || own.model === model)
      && (!method || methods === undefined || methods.split(" ").includes(method))
      && (place === undefined || has(words.get(place) ?? "", typed));
  };
  const show = (elements, test) => {
    elements.forEach((element) => { element.hidden = !test(element); });
    return elements.filter((element) => !element.hidden).length;
  };
  const filter = () => {
    const wanted = asked();
    const rows = all("#verdict-table tbody tr");
    const shown = show(rows, (row) => fits(row, wanted));
    show(all("#method-table tbody tr, details.network"), (element) => fits(element, wanted));
    show(all("#method-table [data-method]"), (cell) => !wanted.method || cell.dataset.method === wanted.method);
    const claims = all("[data-words]");
    const kept = show(claims, (row) => has(row.textContent.toLowerCase(), wanted.typed));
    const chosen = form.elements.method.selectedOptions[0];
    const rests = wanted.method ? ` whose verdict rests on ${chosen.text}` : "";
    const said = `${shown} of ${rows.length} ${rows.length === 1 ? "network" : "networks"}${rests}`;
    form.querySelector("output").textContent = claims.length ? `${said}, ${kept} of ${claims.length} claims` : said;
  };
  form.addEventListener("input", filter);
  form.addEventListener("change", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();

  // --- the parts of the networks -----------------------------------------------------------------
  const tools = document.querySelector(".tools");
  tools.hidden = false;
  all("button", tools).forEach((button) =>
    button.addEventListener("click", () =>
      all("#networks details.network").forEach((part) => { part.open = button.dataset.open === "true"; })));
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const part = target.closest("details");
    if (part) {
      part.hidden = false; // asked for by name, whatever the filter says
      part.open = true;
      part.querySelector("summary").focus({ preventScroll: true });
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
