// Real or generated? A picture at a time, half of them real on average.

import { bytesOf } from "../engine/base64.js";
import { anySeed, lookOf } from "./looks.js";

const QUESTIONS = 10;

export class Quiz {
  constructor(page, pool, painter, model) {
    Object.assign(this, { page, pool, painter, model });
    this.real = bytesOf(model.real.data);
    this.canvas = painter.canvas();
    this.canvas.removeAttribute("aria-hidden");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "Real or generated?");
    page("quiz-picture").append(this.canvas);
    page("quiz-real").addEventListener("click", () => this.#answer(true));
    page("quiz-made").addEventListener("click", () => this.#answer(false));
    page("quiz-again").addEventListener("click", () => this.#begin());
    page("quiz").hidden = false;
    this.#begin();
  }

  #begin() {
    this.unseen = Array.from({ length: this.model.real.count }, (_, index) => index);
    this.asked = 0;
    this.right = 0;
    this.page("quiz-again").hidden = true;
    this.page("quiz-told").textContent = "";
    this.#ask();
  }

  async #ask() {
    this.ready = false;
    this.asked++;
    this.page("quiz-round").textContent = `Picture ${this.asked} of ${QUESTIONS}`;
    this.isReal = this.unseen.length > 0 && Math.random() < 0.5;
    if (this.isReal) {
      const [index] = this.unseen.splice(Math.floor(Math.random() * this.unseen.length), 1);
      this.painter.paint(this.canvas, this.real, index);
    } else {
      const look = lookOf(anySeed(), this.model);
      const labels = look.label === null ? null : Int32Array.of(look.label);
      this.painter.paint(this.canvas, await this.pool.render(look.latent, labels));
    }
    this.ready = true;
  }

  #answer(real) {
    if (!this.ready) return;
    const right = real === this.isReal;
    this.right += right;
    const truth = `${right ? "Right" : "Wrong"}: it was ${this.isReal ? "real" : "generated"}.`;
    if (this.asked < QUESTIONS) {
      this.page("quiz-told").textContent = `${truth} ${this.right} of ${this.asked} right so far.`;
      this.#ask();
      return;
    }
    this.ready = false;
    this.page("quiz-told").textContent = `${truth} You were right ${this.right} of ${QUESTIONS} times; guessing gives ${QUESTIONS / 2}.`;
    this.page("quiz-again").hidden = false;
  }
}
