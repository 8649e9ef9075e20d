// A walk through the kept pictures, or through random ones as long as fewer than two are kept; and back to the first.

import { anySeed, between, lookOf } from "./looks.js";

const STATIONS = 6; // random ones
const SECONDS = 1.6; // from one to the next
const TURN = 10_000; // steps of the slider for the whole walk

export class Walk {
  constructor(button, slider, state, viewer, model) {
    Object.assign(this, { button, slider, state, viewer, model });
    this.stations = [];
    this.playing = false;
    slider.max = TURN;
    button.addEventListener("click", () => (this.playing ? this.#leave() : this.#play()));
    slider.addEventListener("input", () => viewer.show(state.changed(this.#here())));
    slider.addEventListener("change", () => this.#leave());
    state.on((what) => {
      if (what === "kept") this.stations = [];
    });
  }

  stop() {
    this.playing = false;
    this.button.textContent = "Play";
  }

  // Stops, and leaves the picture to the other parts of the page.
  #leave() {
    this.stop();
    this.state.base = this.#here(); // sliders stay as they are
    this.viewer.show(this.state.look);
  }

  // Sliders begin at 0 again, and may then be moved while it plays.
  #play() {
    this.state.show(this.state.base);
    this.playing = true;
    this.button.textContent = "Pause";
    let before = performance.now();
    const frame = (now) => {
      if (!this.playing) return;
      this.#plan();
      const passed = (now - before) / 1000 / SECONDS / this.stations.length;
      before = now;
      this.slider.value = (Number(this.slider.value) + passed * TURN) % TURN;
      this.viewer.show(this.state.changed(this.#here()));
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  #plan() {
    if (this.stations.length) return;
    const { kept } = this.state;
    this.stations = kept.length > 1 ? kept : Array.from({ length: STATIONS }, () => lookOf(anySeed(), this.model));
  }

  #here() {
    this.#plan();
    const place = ((Number(this.slider.value) / TURN) % 1) * this.stations.length;
    const index = Math.floor(place);
    const first = this.stations[index];
    const last = this.stations[(index + 1) % this.stations.length];
    const nearer = place - index < 0.5 ? first : last;
    const latent = between(first.latent, last.latent, place - index, this.model.latent.law);
    const name = first.name === last.name ? first.name : `between ${first.name} and ${last.name}`;
    return { latent, label: nearer.label, seed: null, name };
  }
}
