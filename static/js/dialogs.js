// Dialogs, menus, the palette and the list of keys.

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const opener = target?.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog && !dialog.open) dialog.showModal();
    if (dialog?.id === "palette") openPalette();
  }
  if (target?.closest("[data-dialog-close]")) target.closest("dialog")?.close();
  // A press on the veil is a press on the dialog element itself.
  if (target instanceof HTMLDialogElement && target.open) {
    const box = target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) target.close();
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
});

// A dialog whose form was accepted closes itself; what was refused (422) stays open with its errors.
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.("dialog form");
  // htmx counts every answer it swaps as successful, refusals too.
  if (form && event.detail.xhr.status < 400 && event.detail.successful && event.detail.requestConfig.verb !== "get") form.closest("dialog").close();
});

// ---- keys of this page
const help = document.getElementById("help");
document.addEventListener("leadsync:help", () => {
  const list = help?.querySelector("[data-keys-list]");
  if (!list) return;
  list.replaceChildren();
  const seen = new Set();
  for (const element of document.querySelectorAll("[data-key-label], [data-go]")) {
    const isPlace = element.dataset.go;
    const label = element.dataset.keyLabel ?? element.querySelector(".cut")?.textContent.trim();
    const code = isPlace ? element.dataset.go : element.dataset.key;
    if (!label || !code || seen.has(`${isPlace ?? ""}${code}`) || !element.checkVisibility?.()) continue;
    seen.add(`${isPlace ?? ""}${code}`);
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const keys = document.createElement("dd");
    term.textContent = label;
    const names = (isPlace ? ["G"] : []).concat(code.split(/[+ ]/));
    for (const name of names) {
      const key = document.createElement("kbd");
      key.textContent = name.replace(/^(Key|Digit)/, "").replace("Mod", /Mac/.test(navigator.platform) ? "⌘" : "Ctrl").replace("Slash", "/");
      keys.append(key);
    }
    row.append(term, keys);
    list.append(row);
  }
  for (const row of help.querySelector("[data-keys-more]")?.content.children ?? []) {
    const { where, keyOf } = row.dataset;
    if ((where && !document.querySelector(where)) || seen.has(keyOf)) continue;
    const copy = list.appendChild(document.importNode(row, true));
    for (const key of copy.querySelectorAll("[data-mod-name]")) if (/Mac/.test(navigator.platform)) key.textContent = "⌘";
  }
  help.showModal();
});

// ---- palette: every place and every action of this page; leads come from the server
const form = document.querySelector("[data-palette]");
const list = document.getElementById("palette-list");
const input = form?.querySelector("input");
let chosen = 0;
let asked = 0;
let pending;

function option(label, { icon, hint, href, element, html } = {}) {
  const item = document.createElement("li");
  item.setAttribute("role", "option");
  item.id = `palette-${list.children.length}`;
  if (html) item.append(...html);
  else {
    if (icon) item.append(icon.cloneNode(true));
    const text = document.createElement("span");
    text.textContent = label;
    item.append(text);
    if (hint) {
      const key = document.createElement("kbd");
      key.className = "end";
      key.textContent = hint;
      item.append(key);
    }
  }
  item.addEventListener("click", () => {
    document.getElementById("palette").close();
    if (href) location.assign(href);
    else if (element) element.click();
    else form.requestSubmit();
  });
  list.append(item);
}

function choose(index) {
  const items = [...list.children];
  chosen = items.length ? (index + items.length) % items.length : 0;
  items.forEach((item, place) => item.setAttribute("aria-selected", String(place === chosen)));
  input.setAttribute("aria-activedescendant", items[chosen]?.id ?? "");
  items[chosen]?.scrollIntoView({ block: "nearest" });
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();

function draw(found = []) {
  const query = input.value.trim();
  list.replaceChildren();
  for (const lead of found) option("", { html: [...lead.childNodes], href: lead.dataset.href });
  for (const link of document.querySelectorAll(".nav .nav-link, .top [data-key-label], main [data-key-label]")) {
    const label = link.dataset.keyLabel ?? link.querySelector(".cut")?.textContent.trim() ?? "";
    if (!label || (query && !plain(label).includes(plain(query))) || link.id === "palette") continue;
    const isPlace = link.matches(".nav-link");
    if (!isPlace && !link.checkVisibility?.()) continue;
    const code = (link.dataset.go ?? link.dataset.key ?? "").replace(/^(Key|Digit)/, "");
    option(label, { icon: link.querySelector("svg"), hint: isPlace && code ? `G ${code}` : code, href: isPlace ? link.href : "", element: link });
  }
  if (query) option(document.body.dataset.wordsSearch.replace("{q}", query), { icon: form.querySelector("svg") });
  choose(0);
}

function openPalette() {
  input.value = "";
  draw();
  input.focus();
}

async function ask() {
  const query = input.value.trim();
  const number = ++asked;
  if (!form.dataset.jumpUrl || query.length < 2) return;
  try {
    const response = await fetch(`${form.dataset.jumpUrl}?q=${encodeURIComponent(query)}`, { headers: { "HX-Request": "true" } });
    if (!response.ok || response.redirected || number !== asked) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    draw([...page.querySelectorAll("[data-href]")]);
  } catch {
    // Without a connection the places of this page are still there.
  }
}

input?.addEventListener("input", () => {
  draw();
  clearTimeout(pending);
  pending = setTimeout(ask, 200);
});
input?.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
  } else if (event.key === "Enter" && !event.isComposing && list.children[chosen]) {
    event.preventDefault();
    list.children[chosen].click();
  }
});
