// What the page shows: a look, the class that was chosen, and how far the sliders were moved. Others are told of changes.

import { moved } from "./looks.js";

export class State {
  constructor(base) {
    this.base = base;
    this.label = null; // null = the class of the look
    this.steps = new Map(); // name -> {vector, amount}
    this.kept = [];
    this.listeners = [];
  }

  get look() {
    return this.changed(this.base);
  }

  // A look with the chosen class and all sliders.
  changed(base) {
    const steps = [...this.steps.values()].filter(({ amount }) => amount !== 0);
    const look = this.withClass(base);
    if (!steps.length) return look;
    return { ...look, latent: moved(look.latent, steps), seed: null, name: `${look.name}, changed` };
  }

  withClass(look) {
    return this.label === null ? look : { ...look, label: this.label };
  }

  // Another look; sliders go back to 0.
  show(look) {
    this.base = look;
    this.steps.clear();
    this.#tell("look");
  }

  move(name, vector, amount) {
    this.steps.set(name, { vector, amount });
    this.#tell("amount");
  }

  choose(label) {
    this.label = label;
    this.#tell("class");
  }

  keep(look) {
    const same = (other) => other.label === look.label && other.latent.every((value, i) => value === look.latent[i]);
    if (!this.kept.some(same)) this.kept = [...this.kept, look];
    this.#tell("kept");
  }

  // These, instead of those that were kept.
  keepAll(looks) {
    this.kept = looks;
    this.#tell("kept");
  }

  remove(look) {
    this.kept = this.kept.filter((other) => other !== look);
    this.#tell("kept");
  }

  // told(what): "look", "amount", "class" or "kept" has changed. Returns a function that ends it.
  on(told) {
    this.listeners = [...this.listeners, told];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== told);
    };
  }

  #tell(what) {
    for (const told of this.listeners) told(what);
  }
}
