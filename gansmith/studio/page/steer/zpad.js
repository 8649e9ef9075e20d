// The numbers of a latent as a palette of grey fields, ten in a row: white is much, black is little. A field is chosen by
// pointer or arrow keys, and changed by dragging up and down, by "+" and "-", or by the slider below.

import { MOMENTS } from "../../../web/engine/latents.js";
import { el, say } from "../frame/element.js";

const ACROSS = 10;
const CELL = 18; // pixels of the canvas
const FURTHEST = 2.5; // standard deviations from the centre: black and white
const DRAG_PIXELS = 60; // for one standard deviation

export class LatentPad {
  // changed(latent): somebody changed a number.
  constructor({ dim, law }, changed) {
    Object.assign(this, { dim, changed });
    Object.assign(this, MOMENTS[law]);
    this.place = 0;
    this.latent = new Float32Array(dim).fill(this.centre);
    this.canvas = el("canvas", { class: "zpad", tabindex: "0", role: "application", "aria-describedby": "zpad-how" });
    this.canvas.width = ACROSS * CELL;
    this.canvas.height = Math.ceil(dim / ACROSS) * CELL;
    const reach = FURTHEST * this.deviation;
    this.slider = el("input", {
      type: "range",
      min: this.centre - reach,
      max: this.centre + reach,
      step: 0.01,
      "aria-label": "Value of the chosen number",
      oninput: () => this.#set(Number(this.slider.value)),
    });
    this.told = el("span", { class: "small" });
    this.canvas.addEventListener("pointerdown", (event) => this.#press(event));
    this.canvas.addEventListener("pointermove", (event) => this.#drag(event));
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    this.show(this.latent);
  }

  show(latent) {
    this.latent = latent;
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (let i = 0; i < this.dim; i++) {
      const share = (latent[i] - this.centre) / (2 * FURTHEST * this.deviation) + 0.5;
      const grey = Math.round(255 * Math.max(0, Math.min(1, share)));
      context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
      context.fillRect((i % ACROSS) * CELL, Math.floor(i / ACROSS) * CELL, CELL - 1, CELL - 1);
    }
    context.strokeStyle = "#e0652b";
    context.lineWidth = 2;
    context.strokeRect((this.place % ACROSS) * CELL + 1, Math.floor(this.place / ACROSS) * CELL + 1, CELL - 3, CELL - 3);
    const text = `Number ${this.place + 1} of ${this.dim}: ${latent[this.place].toFixed(2)}`;
    say(this.told, text);
    this.canvas.setAttribute("aria-label", `Numbers of the latent. ${text}`);
    this.slider.value = latent[this.place];
  }

  #choose(place) {
    if (place < 0 || place >= this.dim) return;
    this.place = place;
    this.show(this.latent);
  }

  #set(value) {
    const latent = this.latent.slice();
    latent[this.place] = value;
    this.show(latent);
    this.changed(latent);
  }

  #press(event) {
    const box = this.canvas.getBoundingClientRect();
    const size = box.width / ACROSS;
    const place = Math.floor((event.clientY - box.top) / size) * ACROSS + Math.floor((event.clientX - box.left) / size);
    this.#choose(place);
    this.from = { y: event.clientY, value: this.latent[this.place] };
    this.canvas.setPointerCapture(event.pointerId);
  }

  #drag(event) {
    if (!this.from || !this.canvas.hasPointerCapture(event.pointerId) || !event.buttons) return;
    this.#set(this.from.value + ((this.from.y - event.clientY) / DRAG_PIXELS) * this.deviation);
  }

  #key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -ACROSS, ArrowDown: ACROSS };
    const moves = { "+": 0.1, "=": 0.1, "-": -0.1, PageUp: 0.5, PageDown: -0.5 };
    if (event.key in steps) this.#choose(this.place + steps[event.key]);
    else if (event.key in moves) this.#set(this.latent[this.place] + moves[event.key] * this.deviation);
    else return;
    event.preventDefault();
  }
}
