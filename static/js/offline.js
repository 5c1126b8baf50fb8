// Without a connection a mark waits on this device: lead, mark and version, nothing else about the person.
// It goes out by itself when the connection is back.

const KEY = "leadsync-marks";
const banner = document.getElementById("offline");
const text = banner?.querySelector("[data-offline-text]");
const words = document.body.dataset;

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? [];
  } catch {
    return [];
  }
};
const write = (marks) => (marks.length ? localStorage.setItem(KEY, JSON.stringify(marks)) : localStorage.removeItem(KEY));

function show() {
  if (!banner) return;
  const waiting = read().length;
  banner.hidden = navigator.onLine && !waiting;
  const parts = [];
  if (!navigator.onLine) parts.push(words.wordsOffline);
  if (waiting) parts.push(words.wordsWaiting.replace("{n}", waiting));
  text.textContent = parts.join(" ");
}

// Only a mark is kept: everything that carries words is asked again by the person.
document.addEventListener("htmx:sendError", (event) => {
  const button = event.detail.requestConfig?.triggeringEvent?.submitter ?? event.detail.elt;
  const form = button?.closest?.("form[data-offline-lead]");
  if (!form || navigator.onLine || button.name !== "mark") return;
  const { offlineLead: lead, offlineVersion: version } = form.dataset;
  const marks = read().filter((one) => one.lead !== lead);
  marks.push({ lead, version, mark: button.value, url: event.detail.requestConfig.path });
  write(marks);
  for (const other of form.querySelectorAll("[data-optimistic]")) other.setAttribute("aria-pressed", String(other === button));
  show();
  document.dispatchEvent(new CustomEvent("leadsync:say", { detail: text.textContent }));
});

let sending = false;
async function send() {
  if (sending || !navigator.onLine) return show();
  const headers = { "Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}") };
  sending = true;
  let sent = 0;
  try {
    for (const one of read()) {
      const url = new URL(one.url, location.href);
      if (url.origin !== location.origin) continue;
      const body = new URLSearchParams({ mark: one.mark, version: one.version ?? "" });
      const response = await fetch(url, { method: "POST", headers, body });
      if (response.status >= 500 || response.status === 429 || response.headers.has("HX-Redirect")) break; // later, or after signing in
      // Saved, or somebody else was faster (409): either way it does not wait here any more.
      write(read().filter((other) => other.lead !== one.lead));
      sent += 1;
    }
  } catch {
    // Still no connection.
  }
  sending = false;
  show();
  if (sent && !read().length) {
    document.dispatchEvent(new CustomEvent("leadsync:say", { detail: words.wordsBack }));
    document.dispatchEvent(new CustomEvent("leadsync:poll"));
  }
}

addEventListener("online", send);
addEventListener("offline", show);
show();
if (read().length) send();
