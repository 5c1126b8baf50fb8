// Pages of an import: a file that is too large is not sent at all, and progress is asked for only while somebody looks.

document.addEventListener(
  "change",
  (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.dataset.most) return;
    const said = document.getElementById(input.dataset.said);
    const isTooLarge = (input.files?.[0]?.size ?? 0) > Number(input.dataset.most);
    said.hidden = !isTooLarge;
    input.toggleAttribute("aria-invalid", isTooLarge);
    if (!isTooLarge) return;
    event.stopImmediatePropagation();
    input.value = "";
    said.focus();
  },
  true,
);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches?.("[data-while-seen]")) event.preventDefault();
});
