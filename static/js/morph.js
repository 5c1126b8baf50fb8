// hx-swap="morph:outerHTML" and "morph:innerHTML": idiomorph as an htmx extension. Every other swap stays htmx's own.

const STYLES = { morph: "outerHTML", "morph:outerHTML": "outerHTML", "morph:innerHTML": "innerHTML" };

window.htmx?.defineExtension("morph", {
  isInlineSwap: (swapStyle) => STYLES[swapStyle] === "outerHTML",
  handleSwap(swapStyle, target, fragment) {
    const morphStyle = STYLES[swapStyle];
    if (!morphStyle) return false;
    return window.Idiomorph.morph(target, fragment.children, { morphStyle });
  },
});
