// The profile page: finds columns, folds sections, and draws charts when they come into view.
"use strict";

const columns = [...document.querySelectorAll(".column")];
const entries = [...document.querySelectorAll("#index li")];
const names = columns.map((column) => column.querySelector(".name").textContent.toLowerCase());

// -- Finding columns

const filter = document.getElementById("filter");
filter.addEventListener("input", () => {
  const wanted = filter.value.trim().toLowerCase();
  let found = 0;
  names.forEach((name, index) => {
    const hidden = !name.includes(wanted);
    entries[index].hidden = columns[index].hidden = hidden;
    found += hidden ? 0 : 1;
  });
  document.getElementById("matches").textContent = wanted ? `${found} of ${names.length}` : "";
});

function showTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (!target || !target.matches(".column")) return;
  target.hidden = false;
  target.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", showTarget);
// A link to the column that the address names already changes nothing, but is clicked to see it.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link && link.hash === location.hash) showTarget();
});

const setAll = (open) => columns.forEach((column) => { if (!column.hidden) column.open = open; });
document.getElementById("open").addEventListener("click", () => setAll(true));
document.getElementById("close").addEventListener("click", () => setAll(false));

// -- Charts

const dark = matchMedia("(prefers-color-scheme: dark)");

function chartConfig() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const font = getComputedStyle(document.body).fontFamily;
  return {
    background: "transparent",
    font,
    view: { stroke: "transparent" },
    bar: { color: colour("accent") },
    axis: {
      labelColor: colour("soft"), titleColor: colour("soft"), titleFontWeight: "normal", gridColor: colour("line"),
      domainColor: colour("line"), tickColor: colour("line"), labelLimit: 200,
    },
    legend: { labelColor: colour("soft"), titleColor: colour("soft") },
    range: {
      category: colour("classes").split(" "),
      diverging: [colour("low"), colour("middle"), colour("high")],
    },
  };
}

async function draw(figure) {
  const drawing = figure.querySelector(".drawing");
  const specification = JSON.parse(figure.querySelector("script").textContent);
  if (figure.view) figure.view.finalize();
  figure.dataset.state = "drawing";
  figure.view = await archmlpCharts.draw(drawing, specification, chartConfig(), dark.matches ? "dark" : "light");
  figure.dataset.state = "drawn";
}

if (typeof archmlpCharts !== "undefined") {
  const charts = [...document.querySelectorAll(".chart")];
  const inView = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      inView.unobserve(target);
      draw(target);
    }
  }, { rootMargin: "300px" });
  charts.forEach((chart) => inView.observe(chart));
  dark.addEventListener("change", () => charts.filter((chart) => chart.view).forEach(draw));
}

showTarget();
