// System, light, dark: the page changes at once, the server remembers.

const ORDER = ["system", "light", "dark"];

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-theme-form")) return;
  event.preventDefault();
  const chosen = form.querySelector("button[name=theme]").value;
  const body = new FormData(form);
  body.set("theme", chosen);
  document.documentElement.dataset.theme = chosen;
  for (const other of document.querySelectorAll("[data-theme-form]")) {
    const button = other.querySelector("button[name=theme]");
    button.value = ORDER[(ORDER.indexOf(chosen) + 1) % ORDER.length];
    button.setAttribute("aria-label", other.dataset[`label${chosen[0].toUpperCase()}${chosen.slice(1)}`]);
    for (const icon of button.querySelectorAll("[data-for]")) icon.toggleAttribute("hidden", icon.dataset.for !== chosen);
  }
  fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => {});
});
