// Buttons that copy what stands beside them. Without the right to copy, or without this script, the text can be selected.

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}
document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
  const from = button && document.querySelector(button.dataset.copy);
  if (!from) return;
  try {
    await navigator.clipboard.writeText(from.textContent.trim());
    document.dispatchEvent(new CustomEvent("leadsync:say", { detail: button.dataset.copied }));
    const words = button.lastChild;
    const before = words.textContent;
    words.textContent = button.dataset.copied;
    setTimeout(() => (words.textContent = before), 2000);
  } catch {
    getSelection()?.selectAllChildren(from);
  }
});
