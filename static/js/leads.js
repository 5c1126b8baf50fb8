// The list of leads: rows are selected with boxes or X, the bar names how many. One lead: Esc leaves the form.

const boxes = () => [...document.querySelectorAll("#lead-rows input[name=lead]")];

function count() {
  const chosen = boxes().filter((box) => box.checked).length;
  const output = document.querySelector("[data-selected]");
  if (output && chosen) output.textContent = chosen === 1 ? output.dataset.wordsOne : output.dataset.wordsMany.replace("{n}", String(chosen));
  const all = document.querySelector("[data-select-all]");
  if (all) {
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-select-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches?.("[data-select-all], #lead-rows input[name=lead]")) {
    // Choosing rows is no change of a filter.
    event.stopPropagation();
    count();
  }
});

let last;
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-select-none]")) {
    for (const box of boxes()) box.checked = false;
    count();
  }
  // With Shift, all rows from the last one pressed.
  if (event.target.matches?.("#lead-rows input[name=lead]")) {
    const all = boxes();
    if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((a, b) => a - b);
      for (const box of all.slice(from, to + 1)) box.checked = event.target.checked;
      count();
    }
    last = event.target;
  }
});

document.addEventListener("htmx:afterSettle", count);
// After a handover nothing is selected: morphing would keep the boxes as they were.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr?.status === 200 && event.detail.requestConfig?.verb === "post") for (const box of boxes()) box.checked = false;
});

document.addEventListener(
  "keydown",
  (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape" && target.closest("[data-escape-to]")) {
      event.preventDefault();
      target.closest("[data-escape-to]").querySelector("[data-cancel]")?.click();
      return;
    }
    if (event.code !== "KeyX" || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (document.body.dataset.shortcuts === "off" || document.querySelector("dialog[open]")) return;
    if (target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    const box = target.closest("tr")?.querySelector("input[name=lead]");
    if (!box) return;
    event.preventDefault();
    box.checked = !box.checked;
    count();
  },
  true,
);

// One lead: the browser follows tel: by itself, the attempt is logged beside it.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-call]");
  const page = document.getElementById("lead-page");
  if (!link || !page) return;
  const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  window.htmx.ajax("POST", link.dataset.call, { source: "#lead-page", target: "#lead-page", swap: "morph:outerHTML", values: { csrfmiddlewaretoken: token } });
});
