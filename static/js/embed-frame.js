// Inside the frame: tells the page around it how tall the form is, and when something was sent.
// Only the sites that the form names hear it; nothing that was typed is ever said.

const own = document.currentScript;
const sites = (own?.dataset.origins ?? "").split(" ").filter(Boolean);

const tell = (said) => {
  if (window.parent === window) return;
  for (const site of sites) window.parent.postMessage({ leadsync: own.dataset.form, ...said }, site);
};

const main = document.getElementById("main");
let told = 0;
const measure = () => {
  const height = Math.ceil(main.getBoundingClientRect().height);
  if (height !== told) tell({ height: (told = height) });
};
new ResizeObserver(measure).observe(main);
measure();

const sent = document.querySelector("[data-sent]");
if (sent) tell({ sent: true, next: sent.dataset.next || "" });
// What is wrong comes into view: after sending, the frame is as tall as before and may be scrolled away.
const wrong = document.querySelector("[data-errors] [data-focus]");
if (wrong) wrong.focus();
if (sent || wrong) tell({ show: true });
