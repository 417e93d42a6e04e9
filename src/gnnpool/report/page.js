"use strict";
// All of it is comfort: without it the page shows the same lines, in the order in which they are written.

const tip = document.getElementById("tip");

function showTip(plot) {
  tip.textContent = plot.getAttribute("aria-label");
  tip.hidden = false;
  const at = plot.getBoundingClientRect(), size = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left), document.documentElement.clientWidth - size.width - 8);
  const below = at.bottom + 6 + size.height < window.innerHeight;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${Math.max(8, below ? at.bottom + 6 : at.top - size.height - 6)}px`;
}

function hideTip() {
  tip.hidden = true;
}

// One stop of the tab key for each table; arrows lead from row to row.
function addTips(table) {
  const plots = () => [...table.querySelectorAll("tbody tr:not([hidden]) .forest-row")];
  const first = table.querySelector("tbody .forest-row");
  if (first) first.setAttribute("tabindex", "0");
  table.addEventListener("pointerover", (event) => {
    const plot = event.target.closest(".forest-row");
    if (plot) showTip(plot); else hideTip();
  });
  table.addEventListener("pointerleave", hideTip);
  table.addEventListener("focusin", (event) => {
    if (event.target.matches(".forest-row")) showTip(event.target);
  });
  table.addEventListener("focusout", hideTip);
  table.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hideTip();
    if (!event.target.matches(".forest-row") || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const all = plots(), here = all.indexOf(event.target);
    const place = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key];
    const next = all[Math.min(Math.max(place, 0), all.length - 1)];
    event.target.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  });
}

// Numbers by their value, words as a reader would; what is missing comes last either way.
function compare(a, b, column, sign) {
  const [x, y] = [a, b].map((row) => row.cells[column]);
  const [u, v] = [x, y].map((cell) => (cell.dataset.v === undefined ? null : Number(cell.dataset.v)));
  if (u !== null && v !== null) return sign * (u - v);
  if (u !== null || v !== null) return u === null ? 1 : -1;
  return sign * x.textContent.localeCompare(y.textContent, "en", { numeric: true });
}

function addSorting(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (head.dataset.unsorted !== undefined) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      body.append(...[...body.rows].sort((a, b) => compare(a, b, column, down ? -1 : 1)));
    });
  });
}

function addChoices(form) {
  const table = document.getElementById(form.dataset.for);
  const selects = [...form.querySelectorAll("select")], rows = [...table.tBodies[0].rows];
  const choose = () => {
    for (const row of rows) {
      row.hidden = selects.some((select) => select.value && row.dataset[select.dataset.axis] !== select.value);
    }
    const shown = rows.filter((row) => !row.hidden).length;
    form.querySelector("output").textContent = `${shown} of ${rows.length} lines`;
    const plots = [...table.querySelectorAll("tbody .forest-row")];
    plots.forEach((plot) => plot.setAttribute("tabindex", "-1"));
    const first = plots.find((plot) => !plot.closest("tr").hidden);
    if (first) first.setAttribute("tabindex", "0");
  };
  form.addEventListener("change", choose);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector(".save").addEventListener("click", (event) => save(table, event.target.dataset.file));
  form.hidden = false;
  choose();
}

// Spreadsheets take text that begins with one of these for a formula: an apostrophe keeps it text. Numbers, and
// intervals such as "+1.2 to +3.4", stay as they are.
function quoted(content) {
  const text = content.trim(), number = /^[+-]?[\d.,]+(e[+-]?\d+)?( to [+\u2212-]?[\d.,]+)?$/i;
  const neutral = /^[=+\-@]/.test(text) && !number.test(text) ? `'${text}` : text;
  return `"${neutral.replaceAll('"', '""')}"`;
}

function save(table, file) {
  const kept = [...table.tHead.rows[0].cells].map((head, i) => (head.matches(".picture") ? -1 : i)).filter((i) => i >= 0);
  const lines = [table.tHead.rows[0], ...table.tBodies[0].rows]
    .filter((row) => !row.hidden)
    .map((row) => kept.map((i) => quoted(row.cells[i].dataset.v ?? row.cells[i].textContent)).join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
  link.download = file;
  link.click();
  URL.revokeObjectURL(link.href);
}

document.querySelectorAll("table.sortable").forEach((table) => {
  addTips(table);
  addSorting(table);
});
document.querySelectorAll("form.tools").forEach(addChoices);

// Paper has no clicks: what is folded is printed open.
let folded = [];
window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((details) => { details.open = true; });
});
window.addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));
