// Page "Log leads": what is pasted anywhere on the page is the list.

document.addEventListener("paste", (event) => {
  const target = event.target;
  if (target instanceof Element && target.closest("input, textarea, select, [contenteditable]")) return;
  const form = document.querySelector("form[data-paste]");
  const field = form?.elements.namedItem(form.dataset.paste);
  const pasted = event.clipboardData?.getData("text/plain");
  if (!field || !pasted?.trim()) return;
  event.preventDefault();
  field.value = pasted;
  form.requestSubmit();
});
