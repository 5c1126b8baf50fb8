// The dashboard on a wall: the page is fetched anew every minute and only what differs is changed, so nothing flickers.
// Without a connection the last figures stay, with a note; after a sign-out they go, and come back after the next sign-in.

const EVERY_MS = 60_000;
const figures = document.getElementById("tv");
const lost = document.getElementById("tv-lost");
const out = document.getElementById("tv-out");

function show({ isLost = false, isOut = false }) {
  lost.hidden = !isLost;
  out.hidden = !isOut;
  figures.hidden = isOut;
}

const styles = (page) => [...page.querySelectorAll("link[rel=stylesheet]")].map((link) => link.getAttribute("href")).join();

async function renew() {
  let text;
  try {
    const answer = await fetch(location.href, { cache: "no-store", redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return show({ isOut: true });
    if (!answer.ok) return show({ isLost: true });
    text = await answer.text();
  } catch {
    return show({ isLost: true });
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.getElementById("tv");
  if (!fresh) return show({ isLost: true });
  if (styles(page) !== styles(document)) return location.reload(); // a new release came
  window.Idiomorph.morph(figures, fresh.innerHTML, { morphStyle: "innerHTML" });
  show({});
}

setInterval(renew, EVERY_MS);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  navigator.wakeLock?.request("screen").catch(() => {});
});
navigator.wakeLock?.request("screen").catch(() => {}); // a wall that sleeps shows nothing; refused where the browser may not
