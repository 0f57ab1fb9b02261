// Draw a figure when it comes near the view, so that text is there first; print all of them
(() => {
  const draw = (place) => {
    const data = document.getElementById(`data-${place.id}`);
    if (!data) return;
    const figure = JSON.parse(data.textContent);
    data.remove();
    Plotly.newPlot(place, figure.data, figure.layout, {responsive: true, displayModeBar: false});
  };
  const places = document.querySelectorAll(".plotly-graph-div");
  const near = new IntersectionObserver((seen) => {
    for (const each of seen) if (each.isIntersecting) { near.unobserve(each.target); draw(each.target); }
  }, {rootMargin: "600px"});
  places.forEach((place) => near.observe(place));
  addEventListener("beforeprint", () => places.forEach(draw));
})();
