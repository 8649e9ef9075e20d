// A sum of styles and pictures: each is dragged here (or added by a button, or "+"), and scaled by a slider. Their mean is the
// sum over the number of them.

import { MOMENTS } from "../../../web/engine/latents.js";
import { actionButton, el, fill, say } from "../frame/element.js";

const FURTHEST_SCALE = 2;

export class Mixer {
  constructor({ model, state, pool, painter, canvasOf }) {
    Object.assign(this, { model, state, pool, painter, canvasOf });
    this.terms = []; // {title, vector (from the centre), amount, style or look}
    this.carried = null; // what is being dragged
    this.list = el("ul", { class: "terms" });
    this.mean = el("input", { type: "checkbox", onchange: () => this.#show() });
    this.shell = el("input", { type: "checkbox", onchange: () => this.#show() });
    this.chips = el("div", { class: "row chips" });
    this.clear = actionButton("Clear", () => this.set([]));
    this.empty = el("p", { class: "hint" }, "Drag pictures or styles here.");
    this.zone = el("div", { class: "zone", role: "group", "aria-label": "Terms of the sum" }, this.empty, this.list);
    this.#receive();
    this.root = el(
      "section",
      { "aria-label": "Sum of styles" },
      el("div", { class: "head" }, el("h2", {}, "Sum of styles"), this.clear),
      el("p", { class: "hint" }, "Average, scale, add: drag pictures and styles into the frame, then scale each. By keyboard: “+” on a picture, or the buttons."),
      this.chips,
      this.zone,
      el(
        "div",
        { class: "row" },
        el("label", {}, this.mean, "Average"),
        el("label", { title: "A mean of latents is short. As long as those of the training, it makes clearer pictures." }, this.shell, "As long as in training"),
      ),
    );
    this.drawChips();
    this.#draw();
  }

  // The styles of the run as buttons that add them, and can be dragged.
  drawChips() {
    fill(
      this.chips,
      ...this.model.styles.map((style) =>
        actionButton(`+ ${style.name}`, () => this.add(this.#ofStyle(style)), {
          draggable: "true",
          class: "chip",
          "aria-label": `Add the style ${style.name}`,
          ondragstart: (event) => this.carry(this.#ofStyle(style), event),
        }),
      ),
    );
  }

  ofLook(look, amount = 1) {
    const { centre } = MOMENTS[this.model.latent.law];
    return { title: look.name, vector: look.latent.map((value) => value - centre), amount, look };
  }

  #ofStyle(style, amount = 1) {
    return { title: style.name, vector: style.vector, amount, style: style.name };
  }

  // Something begins to be dragged.
  carry(term, event) {
    this.carried = term;
    event.dataTransfer.effectAllowed = "copy";
    event.dataTransfer.setData("text/plain", term.title);
  }

  add(term) {
    this.set([...this.terms, term]);
  }

  // Terms of an address: [{style} or {look}, amount].
  restore(sum) {
    const terms = sum.map(({ style, look, amount }) => {
      const found = this.model.styles.find(({ name }) => name === style);
      return look ? this.ofLook(look, amount) : found && this.#ofStyle(found, amount);
    });
    this.terms = terms.filter(Boolean);
    this.#draw();
  }

  set(terms) {
    this.terms = terms;
    this.#draw();
    if (terms.length) this.#show();
  }

  #receive() {
    const marked = (on) => this.zone.classList.toggle("over", on);
    this.zone.addEventListener("dragover", (event) => {
      if (!this.carried) return;
      event.preventDefault();
      marked(true);
    });
    this.zone.addEventListener("dragleave", () => marked(false));
    this.zone.addEventListener("drop", (event) => {
      if (!this.carried) return;
      event.preventDefault();
      event.stopPropagation();
      marked(false);
      this.add(this.carried);
      this.carried = null;
    });
  }

  #draw() {
    this.empty.hidden = this.terms.length > 0;
    this.clear.disabled = !this.terms.length;
    fill(this.list, ...this.terms.map((term, index) => this.#row(term, index)));
  }

  #row(term, index) {
    const value = el("output", {}, term.amount.toFixed(1));
    const slider = el("input", {
      type: "range",
      min: -FURTHEST_SCALE,
      max: FURTHEST_SCALE,
      step: 0.05,
      "aria-label": `Scale of ${term.title}`,
      oninput: () => {
        term.amount = Number(slider.value);
        say(value, term.amount.toFixed(1));
        this.#show();
      },
    });
    slider.value = term.amount;
    const remove = actionButton("Remove", () => {
      this.set(this.terms.filter((other) => other !== term));
      (this.list.children[Math.min(index, this.terms.length - 1)]?.querySelector("button") ?? this.chips.firstChild ?? this.mean).focus();
    }, { "aria-label": `Remove ${term.title} from the sum` });
    const picture = term.look ? el("span", { class: "small-picture" }, this.canvasOf(term.look)) : null;
    return el("li", {}, picture, el("span", { class: "term-title" }, term.title), slider, value, remove);
  }

  #show() {
    if (!this.terms.length) return;
    const { dim, law } = this.model.latent;
    const { centre, deviation } = MOMENTS[law];
    const sum = new Float32Array(dim);
    for (const { vector, amount } of this.terms) for (let i = 0; i < dim; i++) sum[i] += amount * vector[i];
    const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
    const factor = this.shell.checked ? (length > 1e-6 ? (deviation * Math.sqrt(dim)) / length : 1) : this.mean.checked ? 1 / this.terms.length : 1;
    const latent = sum.map((value) => centre + factor * value);
    const words = this.terms.map(({ title, amount }) => `${amount.toFixed(1)} × ${title}`).join(" + ");
    const name = `${this.mean.checked ? "mean of " : ""}${words}`.slice(0, 80);
    const label = this.terms.find(({ look }) => look)?.look.label ?? this.state.base.label;
    this.state.show({ latent, label, seed: null, name });
  }
}
