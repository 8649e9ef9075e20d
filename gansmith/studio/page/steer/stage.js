// The large picture and what belongs to it: where it comes from, its class, its numbers, and its file.

import { addClasses } from "../../../web/page/classes.js";
import { lookIn, lookRead, save, written } from "../../../web/page/files.js";
import { anySeed, lookOf } from "../../../web/page/looks.js";
import { Viewer } from "../../../web/page/viewer.js";
import { actionButton, el, say } from "../frame/element.js";
import { LatentPad } from "./zpad.js";

export class Stage {
  constructor(model, pool, painter, state) {
    Object.assign(this, { model, pool, painter, state });
    this.large = el("canvas", { role: "img", "aria-label": "Generated picture", class: "large" });
    [this.large.height, this.large.width] = painter.size;
    this.caption = el("p", { class: "caption" });
    this.command = el("code");
    this.message = el("p", { role: "status", class: "small message" });
    this.viewer = new Viewer(this.large, this.caption, this.command, pool, painter, model);
    this.pad = new LatentPad(model.latent, (latent) => this.#edited(latent));
    this.root = el("section", { class: "stage", "aria-label": "The picture" }, this.#shown(), this.#actions());
    state.on((what) => {
      if (what !== "kept") this.#follow();
    });
  }

  // A look for a moment: the large picture, and its numbers.
  show(look) {
    this.viewer.show(look);
    this.pad.show(look.latent);
  }

  tell(text) {
    say(this.message, text);
  }

  #follow() {
    this.pad.show(this.state.look.latent);
    if (this.state.base.seed !== null) this.seed.value = this.state.base.seed;
    this.latentText.value = written(this.state.look, this.model);
  }

  #shown() {
    return el(
      "div",
      { class: "shown" },
      el("div", { class: "frame" }, this.large),
      el("div", {}, this.caption, el("p", { class: "command" }, this.command)),
    );
  }

  #actions() {
    const { state, model } = this;
    this.file = el("input", { type: "file", accept: "image/*", hidden: true });
    const classes = el("div", { hidden: true }, el("h2", {}, "Class"), el("div", { class: "row choices" }));
    addClasses(classes, model, state);
    return el(
      "div",
      { class: "actions" },
      el(
        "div",
        { class: "row" },
        actionButton("Random", () => state.show(lookOf(anySeed(), model)), { class: "main" }),
        actionButton("Keep", () => this.keep(state.look)),
        actionButton("Save", () => save(state.look, model, this.pool, this.painter), { title: "As a PNG that keeps its latent" }),
        actionButton("Copy", () => this.#copy(), { title: "The latent as a text, which restores the picture" }),
        actionButton("Open", () => this.file.click(), { title: "A saved PNG, or any picture; dropping it on the page does the same" }),
        this.file,
      ),
      this.#seedForm(),
      this.message,
      classes,
      this.#numbers(),
    );
  }

  keep(look) {
    this.state.keep(look);
    this.tell(`Kept ${look.name}.`);
  }

  #seedForm() {
    this.seed = el("input", { inputmode: "numeric", autocomplete: "off", value: "0" });
    return el(
      "form",
      {
        class: "row seed",
        onsubmit: (event) => {
          event.preventDefault();
          const text = this.seed.value.trim();
          if (/^-?\d{1,60}$/.test(text)) this.state.show(lookOf(text, this.model));
          else this.tell("A seed is a whole number.");
        },
      },
      el("label", {}, "Seed ", this.seed),
      el("button", { type: "submit" }, "Show"),
    );
  }

  // The latent as grey fields and as a text.
  #numbers() {
    this.latentText = el("input", { autocomplete: "off", spellcheck: "false", class: "latent-text" });
    return el(
      "details",
      { class: "numbers", open: true },
      el("summary", {}, `Latent: ${this.model.latent.dim} numbers`),
      this.pad.canvas,
      el("p", { class: "hint", id: "zpad-how" }, "White is much, black is little. Drag a field up or down; or arrow keys, then + and −."),
      el("div", { class: "chosen" }, this.pad.told, this.pad.slider),
      el(
        "form",
        {
          class: "row",
          onsubmit: (event) => {
            event.preventDefault();
            this.restore(this.latentText.value, "the text");
          },
        },
        el("label", { class: "grow" }, "As a text ", this.latentText),
        el("button", { type: "submit" }, "Restore"),
      ),
    );
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(written(this.state.look, this.model));
      this.tell("Copied. Paste it into “As a text”, here or on another day, to get this picture back.");
    } catch {
      this.latentText.select(); // the browser forbids it: the person's own keys may copy
      this.tell("The browser does not let a page copy: the text is selected, so copy it by keyboard.");
    }
  }

  #edited(latent) {
    const { look } = this.state;
    const base = { ...look, latent, seed: null, name: look.name.endsWith(", edited") ? look.name : `${look.name}, edited` };
    this.state.show(base);
  }

  // The look of a text such as `Copy` gives, or of a saved PNG's bytes; false where it is neither, which is told.
  restore(given, from) {
    try {
      const look = typeof given === "string" ? lookRead(given, this.model) : lookIn(given, this.model);
      if (this.state.label !== null && this.state.label !== look.label) this.state.choose(null); // the picture's own class
      this.state.show(look);
      this.tell(`Restored ${look.name} from ${from}.`);
      return true;
    } catch (error) {
      this.tell(error.message);
      return false;
    }
  }
}
