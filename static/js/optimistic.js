// A pressed button shows as pressed at once. When the server refuses or does not answer, it goes back
// and a note says so, with the choice still named and a button that tries again.

const groups = new WeakMap(); // form → how the buttons stood before

const formOf = (element) => (element instanceof Element ? element.closest("form") : null);

function pressed(form) {
  return [...form.querySelectorAll("[data-optimistic]")];
}

document.addEventListener("htmx:beforeSend", (event) => {
  const button = event.detail.requestConfig.triggeringEvent?.submitter ?? event.detail.elt;
  const form = formOf(button);
  if (!form || !button.dataset?.optimistic) return;
  const group = pressed(form).filter((one) => one.dataset.optimistic === button.dataset.optimistic);
  groups.set(form, { button, before: group.map((one) => [one, one.getAttribute("aria-pressed")]) });
  for (const one of group) one.setAttribute("aria-pressed", String(one === button));
  form.parentElement?.querySelector("[data-unsaved-note]")?.remove();
});

function failed(event) {
  const form = formOf(event.detail.elt);
  const state = form && groups.get(form);
  if (!state) return;
  for (const [one, value] of state.before) value === null ? one.removeAttribute("aria-pressed") : one.setAttribute("aria-pressed", value);
  groups.delete(form);
  if (event.detail.xhr?.getResponseHeader("HX-Retarget")) return; // the server says why, above the page
  if (form.dataset.offlineLead && !navigator.onLine) return; // offline.js keeps it
  const words = document.body.dataset;
  const note = document.createElement("div");
  note.className = "card";
  note.dataset.unsavedNote = "";
  const row = document.createElement("div");
  row.className = "pad row note bad-l";
  row.setAttribute("role", "alert");
  const text = document.createElement("span");
  text.className = "sm";
  const name = state.button.querySelector("b")?.textContent ?? state.button.textContent.trim();
  text.textContent = `${words.wordsUnsaved} (${name})`;
  const again = document.createElement("button");
  again.type = "button";
  again.className = "btn end";
  again.textContent = words.wordsRetry;
  again.addEventListener("click", () => {
    note.remove();
    state.button.click();
  });
  row.append(text, again);
  note.append(row);
  (form.querySelector("[data-unsaved]") ?? form).insertAdjacentElement(form.querySelector("[data-unsaved]") ? "beforeend" : "afterend", note);
}

document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:timeout", failed);
document.addEventListener("htmx:afterRequest", (event) => {
  const form = formOf(event.detail.elt);
  if (form && event.detail.successful) groups.delete(form);
});

// A refusal with words (any 4xx that names its own place) is shown although errors do not swap.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.getResponseHeader("HX-Retarget")) event.detail.shouldSwap = true;
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb !== "get") document.getElementById("refusals")?.replaceChildren();
});
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-refusal-close]")) event.target.closest("[data-refusal]").remove();
});
