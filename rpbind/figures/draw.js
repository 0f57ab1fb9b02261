// Draw a figure when it comes near the view, so that text is there first; print all of them
(() => {
  const draw = (place) => {
    const data = document.getElementById(`data-${place.id}`);
    if (!data) return;
    const figure = JSON.parse(data.textContent);
    data.remove();
    for (const box of boxes(place)) show(figure.data, box);
    Plotly.newPlot(place, figure.data, figure.layout, {responsive: true, displayModeBar: false});
  };
  const boxes = (place) => document.querySelectorAll(`input[data-figure="${place.id}"]`);
  const show = (traces, box) => {
    for (const each of traces) if (each.legendgroup === box.value) each.visible = box.checked;
  };
  const places = document.querySelectorAll(".plotly-graph-div");
  const near = new IntersectionObserver((seen) => {
    for (const each of seen) if (each.isIntersecting) { near.unobserve(each.target); draw(each.target); }
  }, {rootMargin: "600px"});
  places.forEach((place) => near.observe(place));
  addEventListener("beforeprint", () => places.forEach(draw));
  // Show and hide the traces of a group, such as an arm
  document.querySelectorAll("input[data-figure]").forEach((box) => {
    box.addEventListener("change", () => {
      const place = document.getElementById(box.dataset.figure);
      if (!place.data) return;
      show(place.data, box);
      Plotly.redraw(place);
    });
  });
  // Save a figure as a file: Plotly makes it in the page, so nothing is requested
  document.querySelectorAll("button[data-save]").forEach((button) => {
    button.addEventListener("click", () => {
      const place = document.getElementById(button.dataset.figure), format = button.dataset.save;
      draw(place);
      const legend = boxes(place).length > 1 && {showlegend: true, legend: {orientation: "h", y: -0.15}};
      Plotly.downloadImage({data: place.data, layout: {...place.layout, ...legend}}, {
        format, filename: place.id, scale: format === "png" ? 2 : 1,
        width: Math.max(place.clientWidth, 360), height: place._fullLayout.height,
      });
    });
  });
})();
