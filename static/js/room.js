// The mode for the room: arrows and the space bar go on and back, two clocks run, the screen can be filled.
// The clocks are read by nobody aloud; they are kept in this tab, so that a step or a reload does not start them anew.

const TICK_MS = 1000;
const root = () => document.getElementById("room");
const meeting = document.querySelector("[data-clock-of=meeting]");
const store = `leadsync-room-${root()?.dataset.meeting}`;

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(store)) ?? {};
  } catch {
    return {};
  }
}

/** How long each point was on the screen, in seconds, what is paused now, and how long it was in all. */
const state = { points: {}, paused: false, pausedFor: 0, ...read() };
let seen = Date.now();

function keep() {
  try {
    sessionStorage.setItem(store, JSON.stringify(state));
  } catch {
    // A browser that keeps nothing: the clocks begin anew with each page.
  }
}

function spell(seconds) {
  const all = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(all / 3600), Math.floor((all % 3600) / 60), all % 60];
  const two = (number) => String(number).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function write(clock, seconds, most) {
  const text = clock?.querySelector("[data-clock-text]");
  if (!text) return;
  const words = spell(seconds);
  if (text.textContent !== words) text.textContent = words;
  clock.classList.toggle("over", Boolean(most) && seconds > most);
}

function tick() {
  const now = Date.now();
  const passed = (now - seen) / 1000;
  seen = now;
  const point = root()?.dataset.point;
  if (state.paused) state.pausedFor += passed;
  else if (point) state.points[point] = (state.points[point] ?? 0) + passed;
  keep();
  write(document.querySelector("[data-clock-of=point]"), state.points[point] ?? 0);
  if (meeting?.dataset.since) {
    const until = meeting.dataset.until ? Date.parse(meeting.dataset.until) : now;
    const seconds = (until - Date.parse(meeting.dataset.since)) / 1000;
    write(meeting, seconds - (meeting.dataset.until ? 0 : state.pausedFor), Number(meeting.dataset.minutes) * 60);
  }
}

function showPause() {
  const button = document.querySelector("[data-pause]");
  if (!button) return;
  button.hidden = false;
  button.setAttribute("aria-pressed", String(state.paused));
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("[data-pause]")) {
    tick();
    state.paused = !state.paused;
    keep();
    showPause();
  }
  if (target?.closest("[data-fullscreen]")) {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  }
});

const STEPS = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1, Space: 1 };
document.addEventListener("keydown", (event) => {
  const step = STEPS[event.code];
  if (!step || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (document.body.dataset.shortcuts === "off" && event.code === "Space") return;
  const target = event.target instanceof Element ? event.target : null;
  // Keys belong to the control that has the focus, and to the dialog that is open.
  if (target?.closest("input, select, textarea, [contenteditable]") || document.querySelector("dialog[open]")) return;
  if (event.code === "Space" && target?.closest("a, button, summary")) return;
  const link = document.querySelector(`[data-step="${step}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
});

document.addEventListener("htmx:afterSettle", () => {
  tick();
  showPause();
});

for (const button of document.querySelectorAll("[data-fullscreen]")) button.hidden = !document.fullscreenEnabled;
showPause();
tick();
setInterval(tick, TICK_MS);
