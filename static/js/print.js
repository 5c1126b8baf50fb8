// "Print or save as PDF": the browser's own dialog does both.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
