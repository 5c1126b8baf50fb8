// LeadSync, embed 1. Puts a hosted form where this script stands:
//   <script src="https://leads.example.com/f/embed.js" data-form="KEY" async></script>
// Optional: data-lang="pl", data-theme="light | dark | system", data-title="…" (what screen readers call the frame).
// Sets no cookie, loads nothing else, and listens to its own frame only.
(() => {
  "use strict";
  const home = new URL(document.currentScript ? document.currentScript.src : "about:blank", location.href).origin;
  const marks = /^(utm_(source|medium|campaign|term|content|id)|gclid|fbclid|msclkid|yclid)$/;

  const place = (script) => {
    if (script.dataset.leadsync) return;
    script.dataset.leadsync = "1";
    const address = new URL(`/f/${encodeURIComponent(script.dataset.form)}/`, home);
    address.searchParams.set("embed", "1");
    // The page without its query: which page it was, not who looked at it. Of the query only the advertisement.
    address.searchParams.set("from", location.origin + location.pathname);
    for (const [name, value] of new URLSearchParams(location.search)) if (marks.test(name)) address.searchParams.set(name, value);
    if (script.dataset.lang) address.searchParams.set("lang", script.dataset.lang);
    if (script.dataset.theme) address.searchParams.set("theme", script.dataset.theme);

    const frame = document.createElement("iframe");
    frame.src = address.href;
    frame.title = script.dataset.title || "Form";
    frame.loading = "lazy";
    frame.setAttribute("scrolling", "no");
    Object.assign(frame.style, { display: "block", width: "100%", height: "640px", border: "0" });
    addEventListener("message", (event) => {
      const said = event.data;
      if (event.origin !== home || event.source !== frame.contentWindow || !said || said.leadsync !== script.dataset.form) return;
      if (Number.isFinite(said.height)) frame.style.height = `${Math.min(Math.max(said.height, 80), 20000)}px`;
      if (said.show && frame.getBoundingClientRect().top < 0) frame.scrollIntoView({ block: "start" });
      if (said.sent) {
        const after = new CustomEvent("leadsync:sent", { bubbles: true, cancelable: true, detail: { form: said.leadsync } });
        if (frame.dispatchEvent(after) && /^https:\/\//i.test(said.next || "")) location.assign(said.next);
      }
    });
    script.after(frame);
  };

  if (document.currentScript && document.currentScript.dataset.form) place(document.currentScript);
})();
