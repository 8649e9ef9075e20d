// Two runs beside each other: curves over each other, the settings that differ, their last samples.

import { el, fill } from "../frame/element.js";
import { runPage, runPath, writtenValue } from "../frame/words.js";
import { uPlot } from "../../vendor/uplot.js";
import { Chart } from "../run/chart.js";
import { curvesHint } from "../run/curves.js";
import { Series } from "../run/series.js";

const WRITTEN_BY_RUNS = new Set(["name", "given", "thread_changes", "budget.estimated_images"]);
const PAIR_COLOURS = [1, 2];
const PAIR_MEASURES = [
  { title: "Distance to the real items", about: "Lower is better.", key: "value", judged: true },
  { title: "Loss of the generator", about: "Losses of different kinds cannot be compared.", key: "loss.generator" },
  { title: "Loss of the discriminator", about: "Steady is good; zero is not.", key: "loss.discriminator" },
  { title: "Right about real items", about: "Share that the discriminator takes for real.", key: "accuracy.real", range: [0, 1], guide: 0.5 },
  { title: "Right about generated items", about: "Share that it takes for generated.", key: "accuracy.fake", range: [0, 1], guide: 0.5 },
  { title: "Learning rate of the generator", about: "How large its steps may be.", key: "rate.generator" },
];

export function openComparison(view, context) {
  const page = new Comparison(view, context);
  page.begin();
  return () => page.end();
}

class Comparison {
  constructor(view, { api, cards, notice }) {
    Object.assign(this, { api, cards, notice, charts: [], addresses: [], asked: 0, isOpen: true });
    this.choices = ["First run", "Second run"].map((label, index) =>
      el("select", { id: `compared-${index}`, "aria-label": label, onchange: () => this.show() }),
    );
    this.body = el("div", { class: "compared" });
    fill(
      view,
      el("div", { class: "title" }, el("h1", { tabindex: "-1" }, "Compare two trainings")),
      el(
        "section",
        { class: "row pair" },
        this.choices.map((choice, index) => [
          el("label", {}, el("span", { class: `swatch line-${PAIR_COLOURS[index]}` }), choice),
        ]),
      ),
      this.body,
    );
  }

  async begin() {
    try {
      const { runs } = await this.cards.refresh();
      if (!this.isOpen) return;
      if (runs.length < 2) {
        fill(this.body, el("p", { class: "soft" }, "There are not two trainings here yet."));
        return;
      }
      const query = new URLSearchParams(location.hash.split("?")[1]);
      const names = runs.map(({ name }) => name);
      const a = names.includes(query.get("a")) ? query.get("a") : names[0];
      const b = names.includes(query.get("b")) ? query.get("b") : names.find((name) => name !== a);
      this.choices.forEach((choice, index) => {
        fill(choice, names.map((name) => el("option", { value: name }, name)));
        choice.value = [a, b][index];
      });
      await this.show();
    } catch (error) {
      this.notice.fail(error);
    }
  }

  async show() {
    const asked = ++this.asked;
    const [a, b] = this.choices.map((choice) => choice.value);
    history.replaceState(null, "", `#/compare?${new URLSearchParams({ a, b })}`);
    const runs = await Promise.all([a, b].map((name) => this.api.get(runPath(name)))).catch((error) => this.notice.fail(error));
    if (!runs || asked !== this.asked || !this.isOpen) return;
    this.leave();
    const sheets = el("div", { class: "sheets" }, runs.map((run) => this.sheet(run)));
    const charts = el("div", { class: "charts" }, this.curves(runs));
    fill(
      this.body,
      el("section", {}, el("h2", {}, "Newest samples"), sheets),
      el("section", {}, el("h2", {}, "Curves"), curvesHint(), charts),
      el("section", {}, el("h2", {}, "Settings that differ"), differences(runs)),
    );
  }

  sheet({ card }) {
    const picture = el("img", { class: "sheet", alt: `Newest samples of ${card.name}`, hidden: true });
    if (card.sheet !== null) {
      this.api.address(runPath(card.name, `sheet/${card.sheet}`)).then((address) => {
        this.addresses.push(address);
        picture.src = address;
        picture.hidden = false;
      }, (error) => this.notice.fail(error));
    }
    return el(
      "figure",
      {},
      picture,
      el("figcaption", {}, el("a", { href: runPage(card.name) }, card.name), el("p", { class: "finding small" }, card.finding ? card.finding.line : "")),
    );
  }

  curves(runs) {
    const roots = [];
    for (const measure of PAIR_MEASURES) {
      const series = runs.map((run) => new Series(measure.judged ? run.judgements : run.rows));
      const present = runs.map((_, index) => index).filter((index) => series[index].has(measure.key));
      if (!present.length) continue;
      const metrics = new Set(present.map((index) => series[index].last.metric));
      const warning = measure.judged && metrics.size > 1 ? " These two are different measures: their values do not compare." : "";
      const lines = present.map((index) => ({ label: runs[index].card.name, colour: PAIR_COLOURS[index] }));
      const chart = new Chart({ ...measure, about: measure.about + warning, lines }, "compare");
      chart.set(uPlot.join(present.map((index) => series[index].columns([measure.key]))));
      this.charts.push(chart);
      roots.push(chart.root);
    }
    return roots.length ? roots : el("p", { class: "soft" }, "No numbers yet.");
  }

  end() {
    this.isOpen = false;
    this.leave();
  }

  leave() {
    for (const chart of this.charts) chart.leave();
    for (const address of this.addresses) URL.revokeObjectURL(address);
    this.charts = [];
    this.addresses = [];
  }
}

function differences(runs) {
  const [a, b] = runs.map((run) => run.recipe);
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !WRITTEN_BY_RUNS.has(key) && writtenValue(a[key]) !== writtenValue(b[key]));
  if (!keys.length) return el("p", { class: "soft" }, "None: both have the same settings.");
  const value = (recipe, key) => (key in recipe ? writtenValue(recipe[key]) || "(none)" : "–");
  const rows = keys.map((key) => el("tr", {}, el("th", { scope: "row" }, el("code", {}, key)), el("td", {}, value(a, key)), el("td", {}, value(b, key))));
  const heads = ["Setting", ...runs.map(({ card }) => card.name)].map((head) => el("th", { scope: "col" }, head));
  return el(
    "div",
    { class: "scrolled", tabindex: "0", role: "region", "aria-label": "Settings that differ" },
    el("table", {}, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows)),
  );
}
