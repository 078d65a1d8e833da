// Charts beside their tables. A .chart-pair holds <figure class="chart" data-option="id of its JSON">, a .chart-table and the
// switch between the two; data-start says which comes first, data-height is in pixels. Without this script the tables are there.
(function () {
  "use strict";

  var drawn = [];

  // With a view box the paper's style sheet can scale the drawing down to its column.
  function fit(chart) {
    chart.resize();
    var svg = chart.getDom().querySelector("svg");
    if (svg) svg.setAttribute("viewBox", "0 0 " + chart.getWidth() + " " + chart.getHeight());
  }

  function draw(figure) {
    var chart = window.echarts.getInstanceByDom(figure);
    if (!chart) {
      figure.style.height = figure.dataset.height + "px";
      chart = window.echarts.init(figure, null, { renderer: "svg", locale: "ZH" });
      chart.setOption(JSON.parse(document.getElementById(figure.dataset.option).textContent));
      drawn.push(chart);
    }
    fit(chart);
  }

  function show(pair, what) {
    var figure = pair.querySelector(".chart");
    figure.hidden = what !== "chart";
    pair.querySelector(".chart-table").hidden = what === "chart";
    pair.querySelectorAll("[data-show]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.show === what));
    });
    if (what === "chart") draw(figure);
  }

  if (!window.echarts) return;
  document.querySelectorAll(".chart-pair").forEach(function (pair) {
    pair.querySelector("[data-show]").parentNode.hidden = false;
    show(pair, pair.dataset.start || "chart");
    pair.addEventListener("click", function (event) {
      var button = event.target.closest("[data-show]");
      if (button) show(pair, button.dataset.show);
    });
  });

  var waiting = 0;
  window.addEventListener("resize", function () {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(function () {
      drawn.forEach(function (chart) { if (!chart.getDom().hidden) fit(chart); });
    }, 150);
  });
})();
