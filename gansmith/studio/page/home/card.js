// A run as a card: its last samples, its state, what the doctor finds, how far it is.

import { actionButton, el, say } from "../frame/element.js";
import { ago, bytes, runPage, runPath } from "../frame/words.js";
import { askTraining, attempted, deleteRun, resumeTraining } from "../run/actions.js";
import { Standing } from "../run/standing.js";

export class Card {
  // `choose(name, isChosen)` is called where a person ticks "Compare".
  constructor(context, name, choose) {
    this.context = context;
    this.name = name;
    this.sheet = null; // the update of the picture that is shown
    this.address = null;
    this.picture = el("img", { alt: "", class: "sheet" });
    this.empty = el("span", { class: "soft" }, "No samples yet");
    this.standing = new Standing(`Progress of ${name}`);
    this.finding = el("p", { class: "finding small" });
    this.about = el("p", { class: "soft small" });
    this.buttons = this.makeButtons(choose);
    this.root = this.build();
  }

  makeButtons(choose) {
    const { context, name } = this;
    const act = (label, can, does) => [
      can,
      actionButton(label, attempted(context.notice, does), { "aria-label": `${label} ${name}` }),
    ];
    this.chosen = el("input", { type: "checkbox", onchange: () => choose(name, this.chosen.checked) });
    return new Map([
      act("Pause", "pause", () => askTraining(context, name, "pause")),
      act("Resume", "resume", () => resumeTraining(context, name)),
      ["steer", el("a", { class: "button", href: runPage(name, "steer") }, "Steer")],
      act("Delete", "delete", () => deleteRun(context, name)),
    ]);
  }

  build() {
    const address = runPage(this.name);
    const { state, reason, progress, far } = this.standing;
    return el(
      "article",
      { class: "card" },
      el("a", { class: "thumb", href: address, tabindex: "-1", "aria-hidden": "true" }, this.picture, this.empty),
      el("div", { class: "head" }, el("h2", {}, el("a", { href: address }, this.name)), state),
      reason,
      el("div", { class: "far small" }, progress, far),
      this.finding,
      this.about,
      el(
        "div",
        { class: "row" },
        [...this.buttons.values()],
        el("label", { class: "tick" }, this.chosen, "Compare"),
      ),
    );
  }

  // Shows the newest card.
  set(card) {
    this.standing.show(card);
    say(this.finding, card.finding ? card.finding.line : "");
    this.finding.dataset.severity = card.finding ? card.finding.severity : "";
    say(this.about, [card.recipe, `changed ${ago(card.changed)}`, bytes(card.size)].join(" · "));
    for (const [can, node] of this.buttons) node.hidden = !card.can.includes(can);
    if (card.state === "finished") this.buttons.get("resume").hidden = true; // its page asks for how long
    this.showSheet(card);
  }

  async showSheet({ sheet }) {
    this.picture.hidden = this.address === null;
    this.empty.hidden = this.address !== null || sheet !== null;
    if (sheet === null || sheet === this.sheet) return;
    this.sheet = sheet;
    const address = await this.context.api.address(runPath(this.name, `sheet/${sheet}`)).catch(() => null);
    if (address === null) return;
    if (sheet !== this.sheet) {
      URL.revokeObjectURL(address); // a newer one was asked for meanwhile
      return;
    }
    this.leave();
    this.address = address;
    this.picture.src = address;
    this.picture.hidden = false;
  }

  // Gives back what the card holds.
  leave() {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = null;
  }
}
