// Which curves a run has, and how to read each.

import { el, fill } from "../frame/element.js";
import { Chart } from "./chart.js";
import { Series } from "./series.js";

const BOTH_ITEMS = [["real", "real items", 3], ["fake", "generated items", 4]];
const BOTH_PLAYERS = [["generator", "generator", 1], ["discriminator", "discriminator", 2]];

const of = (key, kinds) => kinds.map(([kind, label, colour]) => ({ key: `${key}.${kind}`, label, colour }));

// `judged`: from measurements of quality, not from the rows of statistics.
export const CURVES = [
  {
    title: "Losses",
    about: "A game has no common loss that falls. Steady is good; a discriminator at zero is not.",
    lines: [
      ...of("loss", BOTH_PLAYERS),
      { key: "loss.penalty", label: "penalty", colour: 3 },
      { key: "loss.classifier", label: "classifier", colour: 4 },
    ],
  },
  {
    title: "How often the discriminator is right",
    about: "Share of items that it puts on the right side. ½ is guessing; both at 1 for long: it has won.",
    lines: of("accuracy", BOTH_ITEMS),
    range: [0, 1],
    guide: 0.5,
  },
  {
    title: "Distance to the real items",
    about: "How far samples are from the data as a whole. Lower is better.",
    lines: [{ key: "value", label: "distance", colour: 1 }],
    judged: true,
  },
  {
    title: "Learning rates",
    about: "How large a step of each network may be.",
    lines: of("rate", BOTH_PLAYERS),
  },
  {
    title: "Gradients",
    about: "Length of each network's gradient. Near zero: it is told nothing; growing without end: it diverges.",
    lines: of("gradient", BOTH_PLAYERS),
  },
  {
    title: "Speed",
    about: "Real items a second.",
    lines: [{ key: "images_per_second", label: "items a second", colour: 1 }],
  },
];

const METRIC_WORDS = {
  SWD: "sliced Wasserstein distance",
  FD: "Fréchet distance of features",
  FID: "Fréchet distance of Inception features",
  KID: "kernel distance of features",
};

export function curvesHint() {
  return el("p", { class: "hint" }, "From left to right: updates. Point at a curve to read all of them at one update.");
}

export class Curves {
  constructor(root) {
    this.root = root;
    this.charts = new Map(); // by title: {chart, keys}
  }

  // All rows and measurements of a run.
  set(rows, judgements) {
    this.rows = new Series(rows);
    this.judgements = new Series(judgements);
    this.draw();
  }

  // New rows; `afresh`: they replace all.
  addRows(rows, afresh = false) {
    if (afresh) this.rows = new Series(rows);
    else this.rows.add(rows);
    this.draw();
  }

  addJudgements(rows) {
    this.judgements.add(rows);
    this.draw();
  }

  // Charts appear when there is something in them.
  draw() {
    for (const curve of CURVES) {
      const series = curve.judged ? this.judgements : this.rows;
      const lines = curve.lines.filter(({ key }) => series.has(key));
      if (!lines.length) continue;
      const keys = lines.map(({ key }) => key);
      if (this.charts.get(curve.title)?.keys.join() !== keys.join()) this.make(curve, lines, keys, series);
      this.charts.get(curve.title).chart.set(series.columns(keys));
    }
    if (!this.charts.size) fill(this.root, el("p", { class: "soft" }, "The first numbers come after some updates."));
  }

  make(curve, lines, keys, series) {
    this.charts.get(curve.title)?.chart.leave();
    this.charts.set(curve.title, { chart: new Chart(measured(curve, lines, series)), keys });
    const order = CURVES.map(({ title }) => this.charts.get(title)?.chart.root);
    fill(this.root, ...order);
  }

  leave() {
    for (const { chart } of this.charts.values()) chart.leave();
  }
}

// A measurement has the name of what was measured, and says which way is better.
export function measured(curve, lines, series) {
  if (!curve.judged) return { ...curve, lines };
  const { metric, better } = series.last;
  const [short] = /^[A-Z]*/.exec(metric || "");
  const words = METRIC_WORDS[short] ? ` ${short}: ${METRIC_WORDS[short]}.` : "";
  const wanted = better === "higher" ? { title: "Quality", about: "Measured on samples. Higher is better." } : {};
  const about = (wanted.about || curve.about) + words;
  return { ...curve, ...wanted, about, lines: lines.map((line) => ({ ...line, label: metric || line.label })) };
}
