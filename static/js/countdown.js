// One timer for every promise on the page. The server sends what it says now and how much working time is left;
// here it only counts down while the company is open. Ticks are silent; crossing a threshold is announced once.

const words = document.body.dataset;
const TICK_MS = 5000;
const SOON_SHARE = 25;
const NBSP = "\u00a0";
const shownAt = new WeakMap();

const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]).replaceAll(" ", NBSP);

/** Seconds as words: "1 h 12 min". What is left is rounded up, so that nobody is told 0 min before the promise is over. */
function spell(seconds, isOver) {
  const minutes = isOver ? Math.floor(seconds / 60) : Math.ceil(seconds / 60);
  const [h, m] = [Math.floor(minutes / 60), minutes % 60];
  if (!h) return fill(words.wordsM, { m });
  return m ? fill(words.wordsHm, { h, m }) : fill(words.wordsH, { h });
}

function say(pattern, element, time = "") {
  if (!element.dataset.name) return;
  const text = pattern.replace("{name}", element.dataset.name).replace("{time}", time);
  document.dispatchEvent(new CustomEvent("leadsync:say", { detail: text }));
}

function update(element, now) {
  const { clock, leftSeconds, totalSeconds, openUntil, state } = element.dataset;
  if (clock !== "running" || leftSeconds === undefined || state === "kept" || state === "paused") return;
  const signature = `${leftSeconds}/${state}`;
  let start = shownAt.get(element);
  if (!start || start.signature !== signature) {
    start = { at: now, signature };
    shownAt.set(element, start);
    return; // what the server wrote stands until the first tick
  }
  const end = openUntil ? Math.min(now, Date.parse(openUntil)) : now;
  const left = Number(leftSeconds) - Math.max(end - start.at, 0) / 1000;
  const isOver = left <= 0;
  const share = totalSeconds ? Math.max(Math.min((left / Number(totalSeconds)) * 100, 100), 0) : 0;
  const next = isOver ? "over" : share <= SOON_SHARE && totalSeconds ? "soon" : state;

  if (!totalSeconds && !isOver) return;
  element.style.setProperty("--left", share.toFixed(0));
  if (next === "over" || next === "soon") {
    const time = spell(Math.abs(left), isOver);
    const text = fill(isOver ? words.wordsOver : words.wordsLeft, { time });
    if (element.textContent !== text) element.textContent = text;
    if (next !== state) {
      element.classList.replace(state, next);
      element.dataset.state = next;
      start.signature = `${leftSeconds}/${next}`;
      say(isOver ? words.wordsLate : words.wordsSoon, element, time);
    }
  }
}

function tick() {
  if (document.hidden) return;
  const now = Date.now();
  for (const element of document.querySelectorAll(".sla[data-clock=running]")) update(element, now);
}

tick();
setInterval(tick, TICK_MS);
document.addEventListener("visibilitychange", tick);
document.addEventListener("htmx:afterSettle", tick);
