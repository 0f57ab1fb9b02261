// Draw a figure when it comes near the view, so that text is there first; print all of them
(() => {
  const dark = matchMedia("screen and (prefers-color-scheme: dark)");
  const stored = new Map(); // place -> JSON of its figure, in light colours
  const hex = (rgb) => `#${rgb.map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;
  const darker = (light) => {
    if (light in DARK) return DARK[light];
    const faint = /^rgba\((\d+),(\d+),(\d+),([\d.]+)\)$/.exec(light); // a colour as a band
    const dark = faint && DARK[hex(faint.slice(1, 4))];
    return dark ? `rgba(${[1, 3, 5].map((at) => parseInt(dark.slice(at, at + 2), 16)).join()},${faint[4]})` : light;
  };
  // Numbers that stand in a table of the page are taken from there: {name of a row: its cells}
  const tables = new Map();
  const escaped = (text) => text.replace(/[&<>]/g, (sign) => ({"&": "&amp;", "<": "&lt;", ">": "&gt;"})[sign]);
  const number = (text) => (text === "–" ? null : Number(text.replace("−", "-")));
  const rowsOf = (name) => {
    if (!tables.has(name)) {
      const rows = document.querySelector(`table[data-name="${name}"]`).tBodies[0].rows;
      tables.set(name, new Map([...rows].map((row) => [row.cells[0].textContent, [...row.cells].map((cell) => cell.textContent)])));
    }
    return tables.get(name);
  };
  const fill = (trace) => {
    if (!trace.meta?.table) return;
    const rows = rowsOf(trace.meta.table), {column, y} = trace.meta;
    if (trace.meta.rows) {
      trace.z = trace.meta.rows.map((name) => rows.get(name).slice(1).map(number));
      trace.customdata = trace.meta.rows.map((name) => Array(trace.x.length).fill(escaped(name)));
      return;
    }
    const dots = [...rows].filter(([, cells]) => number(cells[column]) !== null);
    trace.x = dots.map(([, cells]) => number(cells[column]));
    trace.text = dots.map(([name]) => escaped(name));
    trace.y = dots.map((_, at) => y + 20 * (at * 0.618 % 1 - 0.5)); // a golden-ratio sequence keeps dots apart
  };
  const draw = (place, inDark) => {
    if (!stored.has(place)) {
      const data = document.getElementById(`data-${place.id}`);
      if (!data) return;
      stored.set(place, data.textContent);
      data.remove();
    }
    const json = stored.get(place);
    const figure = JSON.parse(inDark ? json.replace(/"(#[0-9a-f]{6}|rgba\([^"]*\))"/g, (all, light) => `"${darker(light)}"`) : json);
    figure.data.forEach(fill);
    for (const box of boxes(place)) show(figure.data, box);
    Plotly.react(place, figure.data, figure.layout, {responsive: true, displayModeBar: false});
  };
  const boxes = (place) => document.querySelectorAll(`input[data-figure~="${place.id}"]`);
  const show = (traces, box) => {
    for (const each of traces) if (each.legendgroup === box.value) each.visible = box.checked;
  };
  const places = [...document.querySelectorAll(".plotly-graph-div")];
  const near = new IntersectionObserver((seen) => {
    for (const each of seen) if (each.isIntersecting) { near.unobserve(each.target); draw(each.target, dark.matches); }
  }, {rootMargin: "600px"});
  places.forEach((place) => near.observe(place));
  const again = () => { for (const place of stored.keys()) draw(place, dark.matches); };
  dark.addEventListener("change", again);
  addEventListener("beforeprint", () => places.forEach((place) => draw(place, false)));
  addEventListener("afterprint", () => { if (dark.matches) again(); });
  // Show and hide the traces of a group, such as an arm
  document.querySelectorAll("input[data-figure]").forEach((box) => {
    box.addEventListener("change", () => {
      for (const name of box.dataset.figure.split(" ")) {
        const place = document.getElementById(name);
        if (!place.data) continue;
        show(place.data, box);
        Plotly.redraw(place);
      }
    });
  });
  // Save a figure as a file: Plotly makes it in the page, so nothing is requested
  document.querySelectorAll("button[data-save]").forEach((button) => {
    button.addEventListener("click", () => {
      const place = document.getElementById(button.dataset.figure), format = button.dataset.save;
      if (!stored.has(place)) draw(place, dark.matches);
      const legend = boxes(place).length > 1 && {showlegend: true, legend: {orientation: "h", y: -0.15}};
      Plotly.downloadImage({data: place.data, layout: {...place.layout, ...legend}}, {
        format, filename: place.id, scale: format === "png" ? 2 : 1,
        width: Math.max(place.clientWidth, 360), height: place._fullLayout.height,
      });
    });
  });
})();
