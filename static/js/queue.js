// The queue. A call link dials and logs the attempt in one go; on wide screens the definition and history stand open.

const list = () => document.getElementById("queue");

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element && event.target.closest("a[data-call]");
  if (!link || !list()) return;
  // The browser follows tel: by itself; the log goes out beside it, in line with whatever is pressed next.
  const work = document.getElementById("work");
  const values = { tab: work?.elements.tab?.value ?? "first", csrfmiddlewaretoken: work?.elements.csrfmiddlewaretoken?.value ?? "" };
  window.htmx.ajax("POST", link.dataset.call, { source: "#queue", target: "#queue", swap: "morph:outerHTML", values });
});

const wide = matchMedia("(min-width: 52.01rem)");
function open() {
  if (wide.matches) for (const one of document.querySelectorAll("details[data-wide-open]:not([open])")) one.open = true;
}
wide.addEventListener("change", open);
document.addEventListener("htmx:afterSettle", open);
open();

// The selected row stays in sight.
document.addEventListener("htmx:afterSettle", () => {
  document.querySelector("#queue-list [aria-current]")?.scrollIntoView({ block: "nearest" });
});

// Enter in the day sets the day; a form's own Enter would press its first button, which saves the note.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.target instanceof Element) || !event.target.matches(".date-choice input")) return;
  event.preventDefault();
  event.target.parentElement.querySelector("button")?.click();
});
