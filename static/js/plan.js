// The budget's slider says its amount while it is dragged; what follows is worked out when it is let go.

document.addEventListener("input", (event) => {
  const slider = event.target;
  if (slider.id !== "id_slider") return;
  const amount = Math.round((Number(slider.dataset.plan) * Number(slider.value)) / 100);
  const written = new Intl.NumberFormat(document.documentElement.lang, { useGrouping: "always" }).format(amount);
  slider.style.setProperty("--at", (Number(slider.value) / Number(slider.max)) * 100);
  slider.setAttribute("aria-valuetext", written);
});
