/* The form of a draft: rows of questions are added, moved and removed in place, and show only what their kind
   needs. Without this module the same form works by place numbers, a box to remove, and a button that adds a row.
   Also the button that prints. */

const list = document.querySelector("[data-rows]");

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
const standing = () => [...list.querySelectorAll("[data-row]:not([hidden])")];

function number() {
  const rows = standing();
  rows.forEach((row, place) => {
    field(row, "ORDER").value = place + 1;
    row.querySelector("[data-row-up]").disabled = place === 0;
    row.querySelector("[data-row-down]").disabled = place === rows.length - 1;
  });
}

function show(row) {
  const kind = field(row, "kind").value;
  for (const part of row.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(kind);
  }
  row.querySelector("[data-for-optional]").hidden = field(row, "is_required").checked;
}

function prepare(row) {
  row.querySelector("[data-row-acts]").hidden = false;
  row.querySelector("[data-row-plain]").hidden = true;
  if (field(row, "DELETE").checked) row.hidden = true;
  show(row);
}

function say(button) {
  document.dispatchEvent(new CustomEvent("leadsync:say", { detail: button.getAttribute("aria-label") }));
}

function move(row, by, button) {
  const rows = standing();
  const other = rows[rows.indexOf(row) + by];
  if (!other) return;
  if (by < 0) other.before(row);
  else other.after(row);
  number();
  (button.disabled ? field(row, "question") : button).focus();
  say(button);
}

function remove(row, button) {
  const rows = standing();
  const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
  field(row, "DELETE").checked = true;
  row.hidden = true;
  number();
  say(button);
  (next ? field(next, "question") : document.querySelector("[data-add-row]")).focus();
}

function add() {
  const total = document.querySelector('[name="criteria-TOTAL_FORMS"]');
  const made = document.getElementById("criteria-empty").content.firstElementChild.cloneNode(true);
  for (const part of made.querySelectorAll("*")) {
    for (const attribute of part.attributes) {
      if (attribute.value.includes("__prefix__")) attribute.value = attribute.value.replaceAll("__prefix__", total.value);
    }
  }
  total.value = Number(total.value) + 1;
  list.append(made);
  prepare(made);
  number();
  field(made, "question").focus();
}

if (list) {
  list.querySelectorAll("[data-row]").forEach(prepare);
  number();
  list.addEventListener("change", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) show(row);
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const row = event.target.closest("[data-row]");
    if (!button || !row) return;
    if (button.matches("[data-row-up]")) move(row, -1, button);
    else if (button.matches("[data-row-down]")) move(row, 1, button);
    else if (button.matches("[data-row-remove]")) remove(row, button);
  });
  document.querySelector("[data-add-row]").addEventListener("click", (event) => {
    event.preventDefault();
    add();
  });
}
