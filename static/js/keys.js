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

/** What is answered by keys: they count only while the focus is inside, and no digit gets past it. */
const within = () => document.activeElement?.closest("[data-key-within]") ?? null;

/**
 * The element a key presses: inside the open dialog, else where the focus is within [data-key-within], else inside
 * [data-key-scope], else anywhere; the last one wins. Of several [data-key-within] the one after the present.
 */
function findByKey(key) {
  const here = within();
  const scopes = [document.querySelector("dialog[open]"), here, document.querySelector("[data-key-scope]"), document];
  if (scopes[0]) scopes.length = 1;
  for (const scope of scopes) {
    if (!scope) continue;
    const found = [...scope.querySelectorAll(`[data-key~="${key}"]`)].filter((element) => {
      const around = element.parentElement.closest("[data-key-within]");
      return isVisible(element) && !element.disabled && (!around || around === here);
    });
    if (found[0]?.matches("[data-key-within]")) return found[found.indexOf(here) + 1] ?? found[0];
    if (found.length) return found.at(-1);
    if (scope === here && key.startsWith("Digit")) return null;
  }
  return null;
}

/** Lead the focus to what is answered by keys: to its buttons' keys, or into its field where there are none. */
function enter(scope) {
  const details = scope.closest("details:not([open])");
  if (details) details.open = true;
  const field = scope.querySelector("[data-key]") ? null : scope.querySelector("input:not([type=hidden]), textarea");
  (field ?? scope).focus();
  field?.select?.();
}

function press(element) {
  if (element.matches("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select")) {
    element.focus();
    element.select?.();
  } else if (element.matches("[data-key-within]")) {
    enter(element);
  } else if (element.matches("details > summary")) {
    // A key opens and leads on to what is asked there; it never closes: Esc does.
    const details = element.parentElement;
    if (!details.open) element.click();
    const scope = details.querySelector("[data-key-within]");
    if (scope) return enter(scope);
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
      event.target.closest("[data-key-within]")?.focus();
    } else if (within()) {
      const details = within().closest("details:not(.sect)");
      if (details) {
        details.open = false;
        details.querySelector("summary").focus();
      } else document.activeElement.blur();
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

// "Ask …" beside a refusal leads into the question that is written there already; without scripts, to its panel.
document.addEventListener("click", (event) => {
  const summary = event.target instanceof Element && event.target.closest("[data-ask]") && document.querySelector("#ask-panel summary");
  if (!summary) return;
  event.preventDefault();
  press(summary);
});

// After an answer the next question has the focus; who answers by keys goes on typing where it has a field.
let byKey = false;
document.addEventListener("keydown", () => (byKey = true), true);
document.addEventListener("pointerdown", () => (byKey = false), true);
document.addEventListener("htmx:afterSettle", () => {
  if (byKey && document.activeElement?.matches("[data-key-within][data-focus]")) enter(document.activeElement);
});

// htmx sends the button that was pressed last along with a form, also when this time none was: text that saves itself
// when it is left, or is sent by ⌘↵, must not press a tag again.
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, triggeringEvent, parameters } = event.detail;
  if (elt.matches?.(".topic form") && !triggeringEvent?.submitter) delete parameters.tag;
});
