// The head of a run's pages: its name, state and progress, what can be done with it, and its three parts.

import { actionButton, el, fill } from "../frame/element.js";
import { BudgetControl } from "../frame/control.js";
import { askingButton } from "../frame/twice.js";
import { runPage } from "../frame/words.js";
import { askTraining, attempted, deleteRun, resumeTraining, stopAtOnce } from "./actions.js";
import { Standing } from "./standing.js";

const RUN_PARTS = [
  ["", "Training"],
  ["steer", "Steer"],
  ["quiz", "Quiz"],
];

export class Head {
  constructor(context, name) {
    this.context = context;
    this.name = name;
    this.standing = new Standing();
    const { state, far, progress, reason } = this.standing;
    const act = (label, does, about) => actionButton(label, attempted(context.notice, does), { title: about });
    this.buttons = new Map([
      ["pause", act("Pause", () => askTraining(context, name, "pause"), "Saves after this update, and stops")],
      ["resume", act("Resume", () => resumeTraining(context, name), "Goes on from the newest checkpoint")],
      ["save", act("Save", () => askTraining(context, name, "save"), "Saves a checkpoint after this update")],
      ["stop", this.stopButton(context, name)],
      ["delete", act("Delete", () => this.remove(), "Moves the run to the trash folder")],
    ]);
    this.more = new BudgetControl("How much longer");
    this.goOn = el(
      "div",
      { class: "row go-on" },
      el("span", {}, "Train for"),
      this.more.root,
      act("Go on", () => resumeTraining(context, name, this.more.added), "Goes on from the newest checkpoint"),
    );
    this.root = el(
      "div",
      { class: "run-head" },
      el("div", { class: "title" }, el("h1", { tabindex: "-1" }, name), state),
      el("div", { class: "far", role: "status" }, far, reason),
      progress,
      el("div", { class: "row" }, this.goOn, [...this.buttons.values()]),
    );
  }

  stopButton(context, name) {
    const asks = () => this.card.state === "training" && { words: "What came after its newest checkpoint is lost; Pause would save it first. Stop at once?", yes: "Stop it" };
    const about = { title: "Ends it now: what came after the newest checkpoint is lost" };
    const { root, calm } = askingButton("Stop at once", attempted(context.notice, () => stopAtOnce(context, name)), asks, about);
    this.calm = calm;
    return root;
  }

  async remove() {
    await deleteRun(this.context, this.name);
    location.hash = "#/";
  }

  set(card) {
    this.standing.show(card);
    this.card = card;
    const isFinished = card.state === "finished";
    const can = (what) => card.can.includes(what);
    this.buttons.get("pause").hidden = !can("pause");
    this.buttons.get("save").hidden = !can("save");
    const isOver = !["training", "starting"].includes(card.state);
    this.buttons.get("stop").hidden = isOver;
    if (isOver) this.calm(); // what it asked is no question any more
    this.buttons.get("resume").hidden = !can("resume") || isFinished;
    this.buttons.get("delete").hidden = !can("delete");
    this.goOn.hidden = !can("resume") || !isFinished;
  }
}

// Links to a run's three parts; `place` is the one that is open.
export function partLinks(name, place) {
  const links = RUN_PARTS.map(([part, label]) =>
    el("a", { href: runPage(name, part), "aria-current": part === place ? "page" : null }, label),
  );
  return el("nav", { class: "parts", "aria-label": "Parts of the run" }, links);
}

// A page for a run that is not there.
export function missing(view, error) {
  fill(
    view,
    el("h1", { tabindex: "-1" }, "No such training"),
    el("section", { class: "narrow" }, el("p", {}, error.message), el("a", { class: "button", href: "#/" }, "All trainings")),
  );
}
