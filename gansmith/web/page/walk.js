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
    button.addEventListener("click", () => (this.playing ? this.pause() : this.#play()));
    slider.addEventListener("input", () => {
      this.#plan();
      viewer.show(this.#here());
    });
    slider.addEventListener("change", () => this.pause());
    state.on((what) => {
      if (what === "kept") this.stations = [];
    });
  }

  // Stops where it is, and leaves that picture to the sliders.
  pause() {
    if (!this.stations.length) return;
    this.playing = false;
    this.button.textContent = "Play";
    this.state.show(this.#here());
  }

  #play() {
    this.playing = true;
    this.button.textContent = "Pause";
    let before = performance.now();
    const frame = (now) => {
      if (!this.playing) return;
      this.#plan();
      const passed = (now - before) / 1000 / SECONDS / this.stations.length;
      before = now;
      this.slider.value = (Number(this.slider.value) + passed * TURN) % TURN;
      this.viewer.show(this.#here());
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
    const place = ((Number(this.slider.value) / TURN) % 1) * this.stations.length;
    const index = Math.floor(place);
    const first = this.stations[index];
    const last = this.stations[(index + 1) % this.stations.length];
    const nearer = place - index < 0.5 ? first : last;
    const latent = between(first.latent, last.latent, place - index, this.model.latent.law);
    const name = first.name === last.name ? first.name : `between ${first.name} and ${last.name}`;
    return this.state.withClass({ latent, label: nearer.label, seed: null, name });
  }
}
