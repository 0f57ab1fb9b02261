// The contents show which section is in view; paper gets every closed part of the page
(() => {
  const links = new Map();
  for (const link of document.querySelectorAll(".contents a")) {
    const id = link.getAttribute("href").slice(1);
    links.set(id, [...(links.get(id) ?? []), link]);
  }
  const inView = new Set();
  const sections = [...document.querySelectorAll("main section[id]")];
  const watch = new IntersectionObserver((seen) => {
    for (const each of seen) inView[each.isIntersecting ? "add" : "delete"](each.target);
    const now = sections.find((section) => inView.has(section));
    for (const [id, those] of links) {
      for (const link of those) {
        if (id === now?.id) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }
  }, {rootMargin: "-10% 0px -60% 0px"});
  sections.forEach((section) => watch.observe(section));

  for (const folded of document.querySelectorAll("details.contents")) {
    folded.addEventListener("click", (event) => { if (event.target.closest("a")) folded.open = false; });
  }
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open])")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
})();
