// The kept pictures, and what is bred of two of them.

import { Stream } from "../engine/streams.js";
import { Gallery } from "./gallery.js";
import { child } from "./looks.js";

const CHILDREN = 10;

export class Kept {
  // hooks: those of a gallery; and where there is more to do with a kept picture, {extras(look, number)}: elements for it,
  // {breeding()}: what `child` is told.
  constructor(page, state, pool, painter, hooks) {
    Object.assign(this, { page, state, pool, painter, hooks });
    this.canvases = new WeakMap(); // of looks
    this.parents = [];
    this.litter = 0; // the number of the children that are shown
    this.children = new Gallery(page("children"), 5, pool, painter, hooks);
    page("breed").addEventListener("click", () => {
      this.litter++;
      this.#breed();
    });
    state.on((what) => {
      if (what === "kept") this.#list();
    });
  }

  #list() {
    const list = this.page("kept");
    const { kept } = this.state;
    this.parents = this.parents.filter((look) => kept.includes(look));
    list.replaceChildren(...kept.map((look, index) => this.#item(look, index + 1)));
    this.page("nothing-kept").hidden = kept.length > 0;
    this.#offer();
  }

  #item(look, number) {
    const item = document.createElement("li");
    const show = button("", `Show kept picture ${number}, ${look.name}`, () => this.state.show(look));
    show.className = "cell";
    show.append(this.canvas(look));
    if (this.hooks.drag) {
      show.draggable = true;
      show.addEventListener("dragstart", (event) => this.hooks.drag(look, event));
    }
    const parent = button("Parent", `Kept picture ${number} as a parent`, () => this.#choose(look));
    parent.setAttribute("aria-pressed", String(this.parents.includes(look)));
    const remove = button("Remove", `Remove kept picture ${number}`, () => {
      this.state.remove(look);
      (this.page("kept").querySelector("button") ?? this.page("palette").querySelector('[tabindex="0"]')).focus();
    });
    item.append(show, parent, ...(this.hooks.extras?.(look, number) ?? []), remove);
    return item;
  }

  // A small picture of a look.
  canvas(look) {
    const known = this.canvases.get(look);
    if (known) return known;
    const canvas = this.painter.canvas();
    const labels = look.label === null ? null : Int32Array.of(look.label);
    this.pool.render(look.latent, labels).then((pixels) => this.painter.paint(canvas, pixels));
    this.canvases.set(look, canvas);
    return canvas;
  }

  // Two parents at most: a third takes the place of the first.
  #choose(look) {
    const chosen = this.parents.includes(look);
    this.parents = chosen ? this.parents.filter((other) => other !== look) : [...this.parents, look].slice(-2);
    [...this.page("kept").children].forEach((item, index) => {
      const pressed = this.parents.includes(this.state.kept[index]);
      item.children[1].setAttribute("aria-pressed", String(pressed));
    });
    this.#offer();
  }

  #offer() {
    const ready = this.parents.length === 2;
    this.page("breed").disabled = !ready;
    this.page("children").hidden = !ready;
    this.page("breed-hint").hidden = ready;
    if (ready) this.#breed();
  }

  #breed() {
    const [mother, father] = this.parents;
    const stream = new Stream(this.litter, "explore");
    const names = Array.from({ length: CHILDREN }, (_, i) => `child ${this.litter * CHILDREN + i + 1}`);
    this.children.set(names.map((name) => child(mother, father, stream, name, this.hooks.breeding?.())));
  }
}

function button(text, label, pressed) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", pressed);
  return made;
}
