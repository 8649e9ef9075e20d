// How a run stands, on a card, on its page and in a notebook: its state, how far it is, and why it stopped.

import { el, say } from "../frame/element.js";
import { amount, duration, percent, plural } from "../frame/words.js";

export class Standing {
  // `label`: of the progress bar.
  constructor(label = "Progress of the training") {
    this.state = el("span", { class: "state" });
    this.far = el("span", { class: "soft" });
    this.progress = el("progress", { max: 1, "aria-label": label });
    this.reason = el("p", { class: "error" });
  }

  show(card) {
    say(this.state, card.state);
    this.state.dataset.state = card.state;
    say(this.far, howFar(card));
    say(this.reason, card.reason || "");
    this.reason.classList.toggle("calm", card.state !== "failed");
    this.progress.hidden = card.share === null;
    this.progress.value = card.share || 0;
  }
}

// "update 1,200 of 4,000 · 30 % · 240 items/s · 3 min 20 s"
function howFar(card) {
  const of = card.total === null ? "" : ` of ${amount(card.total)}`;
  const speed = card.state === "training" && card.images_per_second;
  return [
    card.total === null ? plural(card.update, "update") : `update ${amount(card.update)}${of}`,
    card.share === null ? null : percent(card.share),
    speed ? `${amount(speed)} items/s` : null,
    duration(card.seconds),
  ].filter(Boolean).join(" · ");
}
