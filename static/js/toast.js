// Toasts stay until the next action or until they are closed: nothing disappears by the clock (WCAG 2.2.1).
// This module also owns the one polite live region: document event "leadsync:say", detail = what to say.

const live = document.getElementById("live");
document.addEventListener("leadsync:say", (event) => {
  if (!live) return;
  live.textContent = "";
  // A change after a pause is read also when the words are the same as before.
  setTimeout(() => (live.textContent = event.detail), 60);
});

const say = (text) => document.dispatchEvent(new CustomEvent("leadsync:say", { detail: text }));
const words = (toast) => toast.querySelector("span")?.textContent.trim() ?? "";

const box = document.getElementById("toasts");
if (box) {
  const first = [...box.querySelectorAll("[data-toast]")].map(words).join(". ");
  if (first) say(first);
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (!(node instanceof Element) || !node.matches("[data-toast]")) continue;
        // One at a time: a new toast takes the place of what was there before this response.
        for (const old of box.querySelectorAll("[data-toast]")) if (old !== node && !old.hidden) old.remove();
        say(words(node));
      }
    }
  }).observe(box, { childList: true });

  box.addEventListener("click", (event) => {
    if (event.target.closest("[data-toast-close]")) event.target.closest("[data-toast]").remove();
  });
}

// The next action clears what is there. The toast whose own button was pressed only hides until the answer:
// htmx looks for its targets from the element that asked, which has to stay in the document.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb === "get") return;
  for (const toast of box?.querySelectorAll("[data-toast]") ?? []) {
    if (toast.contains(event.detail.elt)) toast.hidden = true;
    else toast.remove();
  }
});
document.addEventListener("htmx:afterRequest", (event) => {
  const toast = event.detail.elt.closest?.("[data-toast]");
  if (!toast) return;
  if (event.detail.successful) toast.remove();
  else toast.hidden = false;
});

// What arrives with a swap and asks for the focus gets it: the error summary, the next lead.
document.addEventListener("htmx:afterSettle", (event) => {
  const root = event.detail.elt;
  const wanted = root.matches?.("[data-focus]") ? root : root.querySelector?.("[data-focus]");
  wanted?.focus({ preventScroll: false });
});
document.querySelector("main [data-errors] [data-focus]")?.focus();
