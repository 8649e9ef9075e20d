// Kept pictures, a walk through them, children of two of them, and where a picture comes from.

import { Kept } from "../../../web/page/kept.js";
import { Walk } from "../../../web/page/walk.js";
import { actionButton, el, fill } from "../frame/element.js";

const GENERATIONS = 4;

export class FamilySection {
  constructor(context, viewer, mixer) {
    Object.assign(this, context);
    const { state, model, pool, painter, hooks } = context;
    this.diversity = el("input", { type: "range", min: 0, max: 1, step: 0.05, "aria-label": "Diversity" });
    this.diversity.value = 0.1;
    this.share = el("output", {}, "0.10");
    this.diversity.addEventListener("input", () => {
      this.share.textContent = Number(this.diversity.value).toFixed(2);
      if (!this.parts.breed.disabled) this.parts.breed.click();
    });
    this.tree = el("div", { class: "tree" });
    this.parts = {
      kept: el("ul", { class: "kept" }),
      "nothing-kept": el("p", { class: "hint" }, "Nothing yet. Kept pictures are in the address of this page, so a bookmark holds them."),
      children: el("div", { class: "gallery five", role: "group", "aria-label": "Children", hidden: true }),
      breed: el("button", { type: "button", disabled: true }, "Other children"),
      "breed-hint": el("p", { class: "hint" }, "Choose two kept pictures as parents: each number of a child comes from one of them, or is new."),
      palette: context.root, // where the focus goes when the last kept picture is removed
    };
    const play = el("button", { type: "button" }, "Play");
    const place = el("input", { type: "range", min: 0, "aria-label": "Place on the walk" });
    place.value = 0;
    this.walk = new Walk(play, place, state, viewer, model);
    this.kept = new Kept((id) => this.parts[id], state, pool, painter, {
      ...hooks,
      breeding: () => ({ diversity: Number(this.diversity.value), law: model.latent.law }),
      extras: (look, number) => [
        actionButton("Add", () => mixer.add(mixer.ofLook(look)), { "aria-label": `Add kept picture ${number} to the sum` }),
      ],
    });
    state.on((what) => {
      if (what === "look") this.#drawTree();
    });
    this.root = this.#built(play, place);
  }

  #built(play, place) {
    const { parts } = this;
    return el(
      "section",
      { "aria-label": "Kept pictures" },
      el("div", { class: "head" }, el("h2", {}, "Kept")),
      parts["nothing-kept"],
      parts.kept,
      el("div", { class: "head" }, el("h3", {}, "Walk"), play, el("span", { class: "grow" }, place)),
      el("p", { class: "hint" }, "Through the kept pictures and back to the first; through random ones while fewer than two are kept."),
      el("div", { class: "head" }, el("h3", {}, "Breed"), parts.breed),
      parts["breed-hint"],
      el("label", { class: "diversity" }, "Diversity", this.diversity, this.share),
      parts.children,
      el("h3", { class: "lineage-title" }, "Lineage"),
      this.tree,
    );
  }

  // The ancestors of the picture that is shown, a row a generation.
  #drawTree() {
    const rows = [[this.state.base]];
    while (rows.length < GENERATIONS) {
      const above = rows.at(-1).flatMap((look) => look.parents ?? []);
      if (!above.length) break;
      rows.push(above);
    }
    if (rows.length === 1) {
      fill(this.tree, el("p", { class: "hint" }, "The shown picture has no parents. Keep a child, and it remembers them."));
      return;
    }
    const words = ["Shown", "Parents", "Grandparents", "Great-grandparents"];
    fill(
      this.tree,
      ...rows.map((looks, generation) =>
        el("div", { class: "generation" }, el("span", { class: "small soft" }, words[generation]), looks.map((look) => this.#ancestor(look, words[generation]))),
      ),
    );
  }

  #ancestor(look, word) {
    const button = el("button", { type: "button", class: "cell", "aria-label": `${word}: show ${look.name}`, onclick: () => this.state.show(look) });
    button.append(this.canvasOf(look));
    return button;
  }
}
