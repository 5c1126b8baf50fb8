/* The form of a draft: rows of questions are added, moved, removed and put back in place, and show only what their
   kind needs. Without this module the same buttons send the form, and the page comes back with all that was typed.
   Also the button that prints. */

const list = document.querySelector("[data-rows]");

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
const standing = () => [...list.querySelectorAll("[data-row]:not(.is-gone)")];

function number() {
  [...list.querySelectorAll("[data-row]")].forEach((row, place) => {
    field(row, "ORDER").value = place + 1;
  });
  const rows = standing();
  rows.forEach((row, place) => {
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

function say(button) {
  const what = button.getAttribute("aria-label") ?? button.textContent.trim();
  document.dispatchEvent(new CustomEvent("leadsync:say", { detail: what }));
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
  const name = field(row, "question").value;
  if (!name && !field(row, "key").value) {
    // Nothing was typed and nothing stored: the empty row goes without a trace.
    row.hidden = true;
    (next ? field(next, "question") : document.querySelector("[data-add-row]")).focus();
  } else {
    row.querySelector("[data-row-name]").textContent = name;
  }
  field(row, "DELETE").value = "on";
  row.classList.add("is-gone");
  if (!row.hidden) row.querySelector("[data-row-back]").focus();
  number();
  say(button);
}

function putBack(row, button) {
  field(row, "DELETE").value = "";
  row.classList.remove("is-gone");
  number();
  field(row, "question").focus();
  say(button);
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
  show(made);
  number();
  field(made, "question").focus();
}

if (list) {
  list.querySelectorAll("[data-row]").forEach(show);
  number();
  list.addEventListener("change", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) show(row);
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const row = event.target.closest("[data-row]");
    if (!button || !row) return;
    event.preventDefault();
    if (button.matches("[data-row-up]")) move(row, -1, button);
    else if (button.matches("[data-row-down]")) move(row, 1, button);
    else if (button.matches("[data-row-remove]")) remove(row, button);
    else if (button.matches("[data-row-back]")) putBack(row, button);
  });
  document.querySelector("[data-add-row]").addEventListener("click", (event) => {
    event.preventDefault();
    add();
  });
}
