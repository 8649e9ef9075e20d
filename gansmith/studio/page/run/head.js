// The head of a run's pages: its name, state and progress, what can be done with it, and its three parts.

import { actionButton, el, fill, say } from "../frame/element.js";
import { BudgetControl } from "../frame/control.js";
import { askingButton } from "../frame/twice.js";
import { duration, runPage } from "../frame/words.js";
import { howFar } from "../home/card.js";
import { askTraining, attempted, deleteRun, resumeTraining, stopAtOnce } from "./actions.js";

const RUN_PARTS = [
  ["", "Training"],
  ["steer", "Steer"],
  ["quiz", "Quiz"],
];

export class Head {
  constructor(context, name) {
    this.context = context;
    this.name = name;
    this.state = el("span", { class: "state" });
    this.far = el("span", { class: "soft" });
    this.progress = el("progress", { max: 1, "aria-label": "Progress of the training" });
    this.reason = el("p", { class: "error" });
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
      el("div", { class: "title" }, el("h1", { tabindex: "-1" }, name), this.state),
      el("div", { class: "far", role: "status" }, this.far, this.reason),
      this.progress,
      el("div", { class: "row" }, this.goOn, [...this.buttons.values()]),
    );
  }

  stopButton(context, name) {
    const asks = () => this.state.dataset.state === "training" && { words: "What came after its newest checkpoint is lost; Pause would save it first. Stop at once?", yes: "Stop it" };
    const about = { title: "Ends it now: what came after the newest checkpoint is lost" };
    return askingButton("Stop at once", attempted(context.notice, () => stopAtOnce(context, name)), asks, about).root;
  }

  async remove() {
    await deleteRun(this.context, this.name);
    location.hash = "#/";
  }

  set(card) {
    say(this.state, card.state);
    this.state.dataset.state = card.state;
    say(this.far, [howFar(card), duration(card.seconds)].join(" · "));
    say(this.reason, card.reason || "");
    this.reason.classList.toggle("calm", card.state !== "failed");
    this.progress.hidden = card.share === null;
    this.progress.value = card.share || 0;
    const isFinished = card.state === "finished";
    const can = (what) => card.can.includes(what);
    this.buttons.get("pause").hidden = !can("pause");
    this.buttons.get("save").hidden = !can("save");
    this.buttons.get("stop").hidden = !["training", "starting"].includes(card.state);
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
