// Sliders: traits, directions and styles of the run. What it lacks, a job finds.

import { addSliders } from "../../../web/page/sliders.js";
import { actionButton, el, fill } from "../frame/element.js";
import { JobPlace } from "./jobs.js";
import { withNumbers } from "./source.js";

// The groups of sliders: which vectors of the model they are, how far they reach, and which job finds more.
const GROUPS = [
  {
    title: "Traits",
    kind: "directions",
    verb: "traits",
    holds: ({ kind }) => kind === "regression",
    none: "None yet. Traits are measured on pictures: thickness or slant of strokes, brightness, contrast …",
  },
  {
    title: "Directions",
    kind: "directions",
    verb: "directions",
    holds: ({ kind }) => kind !== "regression",
    none: "None yet. Directions are what changes the first layer most; they have no names.",
  },
  {
    title: "Styles",
    kind: "styles",
    verb: "styles",
    holds: () => true,
    none: "None yet. A style is the mean of many latents whose pictures have the same traits.",
  },
];

// A direction without a name of its own has its number as the title.
function titled(row) {
  const [, kind, number] = /^(factorised|principal)-(\d+)$/.exec(row.name) || [];
  return kind ? { ...row, title: `${kind === "principal" ? "principal direction" : "direction"} ${number}` } : row;
}

export class ChangeSection {
  // changed(): the model has other directions or styles now.
  constructor(context, changed) {
    Object.assign(this, { ...context, changed });
    this.place = new JobPlace(context);
    this.groups = GROUPS.map((group) => {
      const sliders = el("div", { class: "sliders" });
      const find = actionButton(`Find ${group.title.toLowerCase()}`, () => this.#find(group), { class: "plain" });
      this.place.buttons.push(find);
      return { ...group, sliders, find, off: () => {} };
    });
    this.root = el(
      "section",
      { "aria-label": "Change" },
      el("div", { class: "head" }, el("h2", {}, "Change"), actionButton("Reset", () => this.state.show(this.state.base))),
      el("p", { class: "hint" }, "Each slider adds one vector of the latent space to the picture, in standard deviations."),
      this.place.root,
      this.groups.map(({ title, sliders, find }) => [el("div", { class: "head group" }, el("h3", {}, title), find), sliders]),
    );
    this.draw();
  }

  draw() {
    const { model, state } = this;
    for (const group of this.groups) {
      group.off();
      fill(group.sliders);
      const vectors = model[group.kind].filter(group.holds).map(titled);
      group.off = addSliders(group.sliders, group.kind, vectors, state, model.latent.law);
      if (!vectors.length) group.sliders.append(el("p", { class: "hint" }, group.none));
    }
  }

  #find({ verb, kind, holds }) {
    this.place.start(
      { verb, options: {} },
      {
        done: (result) => {
          const found = result[kind].map(withNumbers);
          const names = new Set(found.map(({ name }) => name));
          const others = this.model[kind].filter((one) => !names.has(one.name) && !(kind === "directions" && holds(one)));
          this.model[kind] = [...found, ...others];
          this.draw();
          this.changed();
        },
      },
    );
  }

  end() {
    this.place.end();
  }
}
