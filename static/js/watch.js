// What waits for something to happen looks again every few seconds, only while somebody looks at the page.

const EVERY_MS = 3_000;

setInterval(() => {
  if (document.hidden || !navigator.onLine) return;
  for (const element of document.querySelectorAll("[data-watch]")) window.htmx?.trigger(element, "look");
}, EVERY_MS);
