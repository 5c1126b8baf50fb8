// The editor of hosted forms: fields change places without a page load, and the preview follows what is typed.
// Without this script both are buttons that ask the server.

const editor = document.getElementById("editor");
const list = editor?.querySelector(".asked");
const order = editor?.querySelector("input[name=order]");

const settle = () => {
  const rows = [...list.children];
  order.value = rows.map((row) => row.dataset.field).join(",");
  rows.forEach((row, at) => {
    row.querySelector("[data-move=up]").disabled = at === 0;
    row.querySelector("[data-move=down]").disabled = at === rows.length - 1;
  });
};

list?.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-move]") : null;
  if (!button) return;
  event.preventDefault();
  const row = button.closest("[data-field]");
  if (button.dataset.move === "up") row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  settle();
  // The button keeps the focus; at the end of the way the other one takes it.
  (button.disabled ? row.querySelector("[data-move]:not(:disabled)") : button)?.focus();
  later();
});

const buttons = [...document.querySelectorAll("[data-preview-button]")];
let timer = 0;
const later = () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const button = buttons.find((one) => one.getAttribute("aria-pressed") === "true") ?? buttons[0];
    if (button) editor.requestSubmit(button);
  }, 600);
};
editor?.addEventListener("input", later);
for (const button of buttons) {
  button.addEventListener("click", () => {
    for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
  });
}
