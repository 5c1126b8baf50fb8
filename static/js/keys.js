// Keys of the page. An element says which key presses it: data-key="KeyC", "Digit1", "Slash", "Mod+Enter";
// several stand with a space between.
// Letters are bound by the place of the key (event.code), so they work on every layout. data-shortcuts="off"
// on body switches the single letters off; combinations with Ctrl or ⌘ stay.

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const GO_MS = 1500;
let goUntil = 0;

for (const hint of document.querySelectorAll("[data-mod]")) hint.textContent = isMac ? "⌘K" : "Ctrl K";

const isTyping = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit])"));

const isVisible = (element) => element.checkVisibility?.({ visibilityProperty: true }) ?? element.offsetParent !== null;

/** The element a key presses: inside the open dialog, else inside [data-key-scope], else anywhere; the last one wins. */
function findByKey(key) {
  const scopes = [document.querySelector("dialog[open]"), document.querySelector("[data-key-scope]"), document];
  if (scopes[0]) scopes.length = 1;
  for (const scope of scopes) {
    if (!scope) continue;
    const found = [...scope.querySelectorAll(`[data-key~="${key}"]`)].filter((element) => isVisible(element) && !element.disabled);
    if (found.length) return found.at(-1);
  }
  return null;
}

function press(element) {
  if (element.matches("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select")) {
    element.focus();
    element.select?.();
  } else if (element.matches("details > summary")) {
    // A key opens and leads on to what is asked there; it never closes: Esc does.
    const details = element.parentElement;
    if (!details.open) element.click();
    const field =
      details.querySelector("textarea") ?? details.querySelector("input:not([type=hidden]), select") ?? details.querySelector("a, button");
    field?.focus();
  } else {
    element.click();
  }
}

/** J and K walk the .hit links of the list marked data-roving; from nowhere they start at the current row. */
function walk(step) {
  const hits = [...document.querySelectorAll("[data-roving] .hit")].filter(isVisible);
  if (!hits.length) return false;
  const here = hits.indexOf(document.activeElement);
  const current = hits.findIndex((hit) => hit.closest("[aria-current]"));
  const next = here < 0 ? current + step : here + step;
  const hit = hits[Math.min(Math.max(next, 0), hits.length - 1)];
  hit.focus();
  if (document.querySelector("[data-roving=open]")) hit.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const mod = event.ctrlKey || event.metaKey;

  if (mod && !event.altKey) {
    const key = `Mod+${event.code === "NumpadEnter" ? "Enter" : event.code}`;
    let element = findByKey(key);
    if (!element && key === "Mod+Enter") {
      const form = event.target instanceof Element ? event.target.closest("form[data-mod-enter]") : null;
      if (form) {
        event.preventDefault();
        form.requestSubmit();
        return;
      }
    }
    if (element) {
      event.preventDefault();
      press(element);
    }
    return;
  }
  if (event.altKey) return;

  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.target instanceof HTMLInputElement && event.target.hasAttribute("data-inline")) {
      event.target.value = event.target.defaultValue;
      event.target.blur();
    } else if (isTyping(event.target)) {
      event.target.blur();
    } else {
      const back = findByKey("Escape");
      if (back) press(back);
    }
    return;
  }
  if (isTyping(event.target) || document.body.dataset.shortcuts === "off" || document.querySelector("[popover]:popover-open")) return;

  if (event.key === "?") {
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("leadsync:help"));
    return;
  }
  if (event.shiftKey || event.repeat && !["KeyJ", "KeyK"].includes(event.code)) return;

  if (Date.now() < goUntil) {
    goUntil = 0;
    const place = document.querySelector(`[data-go="${event.code}"]`);
    if (place) {
      event.preventDefault();
      place.click();
      return;
    }
  }
  const dialogOpen = document.querySelector("dialog[open]");
  if (event.code === "KeyG" && !dialogOpen) {
    goUntil = Date.now() + GO_MS;
    return;
  }
  if (!dialogOpen && (event.code === "KeyJ" || event.code === "KeyK") && walk(event.code === "KeyJ" ? 1 : -1)) {
    event.preventDefault();
    return;
  }
  // "/" is a shifted key on some layouts, so it is taken by what it writes.
  const element = findByKey(event.key === "/" ? "Slash" : event.code);
  // Enter and Space on a focused control belong to that control.
  if (element && !(event.code === "Enter" && event.target instanceof Element && event.target.closest("a, button, summary"))) {
    event.preventDefault();
    press(element);
  }
});
