// The page of a run: its samples, curves and finding as they come, and what can be done with it.

import { el, fill } from "../frame/element.js";
import { runPath } from "../frame/words.js";
import { ChangeBox } from "./change.js";
import { Curves } from "./curves.js";
import { effectOf } from "./effects.js";
import { ExportBox } from "./export.js";
import { factsOf } from "./facts.js";
import { FindingBox } from "./finding.js";
import { Head, missing, partLinks } from "./head.js";
import { Log } from "./log.js";
import { Samples } from "./samples.js";

const NO_SUCH_RUN = 404;
const READ_AGAIN = 1000; // milliseconds until the run is read again where that failed

export function openRun(view, context, name) {
  const page = new RunPage(view, context, name);
  page.load();
  return () => page.leave();
}

class RunPage {
  constructor(view, context, name) {
    Object.assign(this, { view, context, name, parts: [], early: [], loads: 0, isOpen: true });
    const { live } = context;
    const heard = {
      rows: ({ rows, afresh }) => this.curves.addRows(rows, afresh),
      judgement: ({ row }) => this.curves.addJudgements([row]),
      sheets: ({ sheets, afresh }) => this.samples.addSheets(sheets, afresh),
      sheet: ({ update, data }) => this.samples.addPicture(update, data),
      finding: ({ finding }) => this.addFinding(finding),
      log: ({ row }) => this.log.addRow(row),
      change: () => this.load(), // its newer numbers are gone
    };
    this.offs = Object.entries(heard).map(([kind, act]) => live.on(kind, (message) => this.hear(message, act)));
    this.offs.push(context.cards.on(() => this.card && this.showCard()));
    live.watch(name);
  }

  // What is told of this run: at once, or once the run has been read.
  hear(message, act) {
    if (message.name !== this.name) return;
    if (this.early) this.early.push(() => act(message));
    else act(message);
  }

  // Reads the run, and builds the page from it.
  async load() {
    this.early ||= [];
    const load = ++this.loads;
    let run;
    try {
      run = await this.context.api.get(runPath(this.name));
    } catch (error) {
      if (!this.isOpen || load !== this.loads) return;
      if (error.status === NO_SUCH_RUN) {
        missing(this.view, error);
      } else {
        this.context.notice.fail(error); // its files are being replaced, or the studio is gone: it may answer again
        setTimeout(() => this.isOpen && load === this.loads && this.load(), READ_AGAIN);
      }
      return;
    }
    if (!this.isOpen || load !== this.loads) return; // it is read again already
    this.leaveParts();
    this.run = run;
    this.card = run.card;
    this.build(run);
    const early = this.early;
    this.early = null;
    for (const act of early) act();
  }

  build(run) {
    const { context, name } = this;
    const change = (settings) => this.change(settings);
    this.head = new Head(context, name);
    this.samples = new Samples(context, name);
    this.finding = new FindingBox(context, name, change);
    const charts = el("div", { class: "charts" });
    this.curves = new Curves(charts);
    this.changing = new ChangeBox(context, run.changeable, change);
    this.exporting = new ExportBox(context, name);
    this.log = new Log();
    this.parts = [this.samples, this.finding, this.curves, this.exporting];
    fill(
      this.view,
      this.head.root,
      partLinks(name, ""),
      el(
        "div",
        { class: "run" },
        el("div", { class: "stage" }, this.samples.root),
        el(
          "div",
          { class: "tools" },
          this.finding.root,
          el("section", { "aria-labelledby": "curves-title" }, el("h2", { id: "curves-title" }, "Curves"), curvesHint(), charts),
          this.changing.root,
          this.log.root,
          this.exporting.root,
          factsOf(run.facts, run.recipe, run.meanings),
        ),
      ),
    );
    this.samples.addSheets(run.sheets, true);
    this.curves.set(run.rows, run.judgements);
    this.log.set(run);
    this.showCard();
  }

  showCard() {
    const wasStarting = this.card.state === "starting";
    this.card = this.context.cards.card(this.name) || this.card;
    if (wasStarting && this.card.state !== "starting") this.load(); // it has files by now
    this.head.set(this.card);
    this.exporting.root.hidden = !this.card.can.includes("export");
    const canChange = this.card.can.includes("change");
    this.changing.allow(canChange, this.card.finding, this.run);
    this.finding.set(this.card.finding, this.run, canChange);
  }

  addFinding(finding) {
    this.card = { ...this.card, finding };
    this.finding.set(finding, this.run, this.card.can.includes("change"));
    this.log.addFinding(finding);
  }

  // Asks for a roll-back with one change; the page is read anew when it is made.
  async change(settings) {
    await this.context.api.post(runPath(this.name, "ask"), { kind: "change", change: settings });
    const resumed = this.card.state === "training" ? "" : "The training is resumed for it. ";
    this.context.notice.tell(`Asked. ${resumed}It ${effectOf(settings, this.card.finding, this.run.changes.at(-1))}.`);
  }

  leaveParts() {
    for (const part of this.parts) part.leave();
    this.parts = [];
  }

  leave() {
    this.isOpen = false;
    this.context.live.watch(null);
    for (const off of this.offs) off();
    this.leaveParts();
  }
}
