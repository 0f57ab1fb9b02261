// What a reader of a page would stumble over, as sentences. Run in the page by the tests.
(() => {
  const SLACK = 1.5;  // px: letters may overhang their box by less than that
  const say = (element, what) => {
    const where = element.closest("section, header, nav")?.id || "page";
    return `${where}, <${element.tagName.toLowerCase()} class="${element.getAttribute("class") || ""}"> ` +
      `"${element.textContent.trim().replace(/\s+/g, " ").slice(0, 50)}": ${what}`;
  };
  const isScroll = (style) => /auto|scroll/.test(style.overflowX + style.overflowY);
  const isCut = (style) => /hidden|clip/.test(style.overflowX + style.overflowY);

  // The pieces of text that can be seen: their elements, and one box for every line
  const texts = () => {
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    const hidden = {checkOpacity: true, checkVisibilityCSS: true, contentVisibilityAuto: true};
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || /^(SCRIPT|STYLE|OPTION)$/.test(element.tagName)) continue;
      if (!element.checkVisibility(hidden) || element.matches(".unseen")) continue;
      range.selectNodeContents(node);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
      if (boxes.length) found.push({element, boxes});
    }
    return found;
  };

  const faults = (print) => {
    const found = [];
    const page = document.scrollingElement;
    const width = page.clientWidth;
    if (page.scrollWidth > width + SLACK) found.push(`the page is ${page.scrollWidth} px wide in a window of ${width}`);
    const styles = new Map();
    const styleOf = (element) => {
      if (!styles.has(element)) styles.set(element, getComputedStyle(element));
      return styles.get(element);
    };
    const lines = [];
    for (const {element, boxes} of texts()) {
      let left = 0, right = width, top = -Infinity, bottom = Infinity, scrolls = false, apart = 0;
      for (let up = element; up && up !== document.body; up = up.parentElement) {
        const style = styleOf(up);
        if (/^(fixed|sticky)$/.test(style.position)) apart = up;
        if (up instanceof SVGElement || style.display === "inline" || style.display === "contents") continue;
        if (!isScroll(style) && !isCut(style)) continue;
        const box = up.getBoundingClientRect();
        if (isScroll(style)) scrolls = true;
        left = Math.max(left, box.left), right = Math.min(right, box.right);
        top = Math.max(top, box.top), bottom = Math.min(bottom, box.bottom);
      }
      const cell = element.closest("td, th, li, dd, p, button, summary, h1, h2, h3");
      const own = cell && styleOf(cell).display !== "inline" ? cell.getBoundingClientRect() : null;
      for (const box of boxes) {
        if (own && (box.right > own.right + SLACK || box.left < own.left - SLACK)) {
          found.push(say(element, `text leaves its box by ${Math.round(Math.max(box.right - own.right, own.left - box.left))} px`));
          break;
        }
        const outside = box.right > right + SLACK || box.left < left - SLACK;
        if (outside && !(scrolls && !print)) {
          found.push(say(element, `text from ${Math.round(box.left)} to ${Math.round(box.right)} px is cut at ${Math.round(left)} to ${Math.round(right)}`));
          break;
        }
      }
      for (const box of boxes) {
        const seen = {l: Math.max(box.left, left), r: Math.min(box.right, right), t: Math.max(box.top, top), b: Math.min(box.bottom, bottom)};
        const trim = 0.22 * (seen.b - seen.t);  // a line's box is higher than its letters
        if (seen.r - seen.l > 2 && seen.b - seen.t > 2) lines.push({...seen, t: seen.t + trim, b: seen.b - trim, element, apart});
      }
    }
    lines.sort((a, b) => a.t - b.t);
    for (let i = 0; i < lines.length; i++) {
      for (let j = i + 1; j < lines.length && lines[j].t < lines[i].b - 1; j++) {
        const [a, b] = [lines[i], lines[j]];
        if (a.element === b.element || a.apart !== b.apart) continue;
        const across = Math.min(a.r, b.r) - Math.max(a.l, b.l), down = Math.min(a.b, b.b) - Math.max(a.t, b.t);
        if (across > 2 && down > 1) found.push(say(a.element, `overlaps "${b.element.textContent.trim().slice(0, 40)}" by ${Math.round(across)} x ${Math.round(down)} px`));
      }
    }
    if (print) {
      for (const box of document.querySelectorAll("main *")) {
        if (!(box instanceof SVGElement) && isScroll(getComputedStyle(box)) && box.scrollWidth > box.clientWidth + SLACK) {
          found.push(say(box, `${box.scrollWidth - box.clientWidth} px are cut on paper`));
        }
      }
      for (const each of document.querySelectorAll("main details > :not(summary)")) {
        if (!each.matches(".tools") && !each.checkVisibility()) found.push(say(each, "is not printed"));
      }
    }
    return [...new Set(found)];
  };

  // Everything that the mouse can use: links, buttons, fields, and what listens to clicks
  const usable = () => {
    const heard = window.heardClicks || new Set();
    const named = document.querySelectorAll("a[href], button, input, select, textarea, summary");
    const boxes = [...document.querySelectorAll("body *")].filter((box) => !(box instanceof SVGElement) &&
      isScroll(getComputedStyle(box)) && box.scrollWidth > box.clientWidth + SLACK);
    return [...new Set([...named, ...heard, ...boxes])].filter((each) => each instanceof HTMLElement &&
      each.isConnected && !each.closest(".plotly-graph-div") && each.checkVisibility({checkVisibilityCSS: true}) &&
      each.type !== "hidden" && !each.disabled && each !== document.body && each.getClientRects().length);
  };
  const focusable = (element) => element.matches("a[href], button, input, select, textarea, summary") ?
    element.tabIndex >= 0 : element.tabIndex >= 0 || [...element.querySelectorAll("button, a[href], input, summary, [tabindex='0']")].some((each) => each.tabIndex >= 0);
  const mouseOnly = () => usable().filter((each) => !focusable(each)).map((each) => say(each, "is out of the keyboard's reach"));

  // Tables as a reader sees them: [{columns, rows: [[text]]}]
  const textOf = (cell) => cell.innerText.trim().replace(/\s+/g, " ");
  const tables = () => [...document.querySelectorAll("main table")].map((table) => ({
    section: table.closest("section")?.id,
    columns: [...table.querySelectorAll("thead tr:last-child > *")].map(textOf),
    heads: [...table.querySelectorAll("tbody tr")].map((row) => row.querySelector("th")?.innerText.trim().split("\n")[0].replace(/^\d+ /, "")),
    rows: [...table.querySelectorAll("tbody tr")].map((row) => [...row.children].map(textOf)),
  }));
  // What axe says; rows of one table are alike, so eight of each are enough, and hiding the others saves time
  const examine = async (options) => {
    const style = document.createElement("style");
    style.textContent = "tbody tr:nth-child(n + 9), .plotly-graph-div { display: none; }";
    document.head.append(style);
    const found = await axe.run(document, options);
    style.remove();
    return found;
  };
  const drawAll = () => dispatchEvent(new Event("beforeprint"));
  const openAll = () => document.querySelectorAll("details").forEach((each) => { each.open = true; });
  window.check = {faults, usable, mouseOnly, tables, drawAll, openAll, examine};
})();
