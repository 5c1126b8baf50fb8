// A button that copies the text of another element. Without a clipboard it stays hidden: the text can be selected.

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    if (!source) return;
    await navigator.clipboard.writeText(source.textContent.trim());
    const said = button.querySelector("[data-copied]");
    if (said) said.textContent = said.dataset.copied;
  });
}
