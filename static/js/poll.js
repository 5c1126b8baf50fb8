// The numbers in the navigation are fetched again every minute, only while somebody looks.

const EVERY_MS = 60_000;
const element = document.getElementById("poll");
let last = Date.now();

function poll() {
  if (!element || document.hidden || !navigator.onLine) return;
  last = Date.now();
  window.htmx?.trigger(element, "poll");
}

setInterval(poll, EVERY_MS);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && Date.now() - last > EVERY_MS) poll();
});
document.addEventListener("leadsync:poll", poll);
