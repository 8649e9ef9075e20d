// One chart: uPlot inside, and around it a title, how to read it, and the values where the pointer is.

import { uPlot } from "../../vendor/uplot.js";
import { el, fill, say } from "../frame/element.js";
import { amount, threeDigits } from "../frame/words.js";

const CHART_HEIGHT = 170;
const CHART_DASH = [6, 4];
const FEW_POINTS = 3; // a line needs two: fewer are drawn as dots
const CHART_WAIT = 500; // milliseconds: a chart is drawn at most twice a second

export class Chart {
  // `about`: {title, about, lines: [{label, colour}], range?, guide?}; `colour` is a number of the palette, 1 to 4.
  constructor(about, group = "run") {
    this.about = about;
    this.group = group;
    this.data = [[], ...about.lines.map(() => [])];
    this.values = about.lines.map(() => el("span", { class: "value" }));
    this.place = el("div", { class: "plot", "aria-hidden": "true" });
    this.at = el("span", { class: "soft" });
    this.root = el(
      "figure",
      { class: "chart" },
      el("figcaption", {}, el("h3", {}, about.title), el("p", { class: "soft small" }, about.about)),
      this.legend(),
      this.place,
    );
    this.timer = null;
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.place);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.repaint = () => (this.destroy(), this.soon());
    this.scheme.addEventListener("change", this.repaint);
  }

  legend() {
    const items = this.about.lines.map(({ label, colour }, index) =>
      el("li", {}, el("span", { class: `swatch line-${colour}` }), label, " ", this.values[index]),
    );
    return el("ul", { class: "legend small" }, items, el("li", {}, this.at));
  }

  // The columns [updates, values ...]. They are drawn soon.
  set(columns) {
    this.data = columns;
    this.soon();
  }

  soon() {
    if (this.timer === null) this.timer = setTimeout(() => requestAnimationFrame(() => this.draw()), CHART_WAIT * !!this.plot);
  }

  draw() {
    this.timer = null;
    if (!this.place.isConnected) return;
    if (this.plot) this.plot.setData(this.data);
    else this.make();
    this.tell(null);
  }

  make() {
    const width = this.place.clientWidth;
    if (width > 0) this.plot = new uPlot(optionsOf(this.about, width, this.group, this), this.data, this.place);
  }

  fit() {
    const width = this.place.clientWidth;
    if (this.plot && width && width !== this.plot.width) this.plot.setSize({ width, height: CHART_HEIGHT });
    else if (!this.plot) this.soon();
  }

  // The values at a place of the columns; null: the newest of each line.
  tell(index) {
    this.values.forEach((node, line) => {
      const column = this.data[line + 1] || [];
      const value = index === null ? column.findLast((one) => one !== null && one !== undefined) : column[index];
      say(node, Number.isFinite(value) ? threeDigits(value) : "–");
    });
    const update = index === null ? null : this.data[0][index];
    say(this.at, Number.isFinite(update) ? `at update ${amount(update)}` : "");
  }

  destroy() {
    this.plot?.destroy();
    this.plot = null;
    fill(this.place);
  }

  leave() {
    this.observer.disconnect();
    this.scheme.removeEventListener("change", this.repaint);
    this.destroy();
  }
}

function optionsOf({ lines, range, guide }, width, group, chart) {
  const style = getComputedStyle(chart.place);
  const ink = (name) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: ink("--soft"),
    grid: { stroke: ink("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    width,
    height: CHART_HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: group }, drag: { x: false, y: false }, y: false, points: { size: 6 } },
    scales: { x: { time: false }, y: range ? { range } : {} },
    axes: [
      { ...axis, size: 28, values: (_, ticks) => ticks.map(shortNumber) },
      { ...axis, size: 60, values: (_, ticks) => ticks.map(threeDigits) },
    ],
    series: [{}, ...lines.map(({ colour }, index) => ({
      stroke: ink(`--line-${colour}`),
      width: 1.75,
      dash: index % 2 ? CHART_DASH : [],
      points: { show: (plot) => plot.data[index + 1].filter(Number.isFinite).length < FEW_POINTS },
    }))],
    hooks: {
      setCursor: [(plot) => chart.tell(plot.cursor.idx ?? null)],
      draw: guide === undefined ? [] : [(plot) => drawGuide(plot, guide, ink("--soft"))],
    },
  };
}

function shortNumber(value) {
  return value >= 1e4 ? `${threeDigits(value / 1e3)}k` : amount(value);
}

// A level line to compare with.
function drawGuide(plot, value, colour) {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(value, "y", true)) + 0.5;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.setLineDash([2, 4]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
