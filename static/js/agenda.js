// Going through an agenda by Enter alone: once a point is gone through, the button of the next open one has the focus;
// after the last one, the button that sends the minutes.

let from = null; // the point whose form was sent

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt.closest?.("form[data-goes-on]");
  from = form?.closest(".point")?.id ?? null;
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!from) return;
  const id = from;
  from = null;
  if (!event.detail.successful || event.detail.xhr.status >= 400) return;
  // After the swaps: cards of this answer are in the page then.
  setTimeout(() => {
    const points = [...document.querySelectorAll("[data-points] > .point")];
    const place = points.findIndex((point) => point.id === id);
    const open = (some) => some.find((point) => point.hasAttribute("data-open"));
    const next = open(points.slice(place + 1)) ?? open(points);
    const button = next?.querySelector("[data-record]") ?? document.querySelector("[data-send]");
    if (!button) return;
    button.focus({ preventScroll: true });
    (next ?? button).scrollIntoView({ block: "nearest" });
  }, 40);
});
