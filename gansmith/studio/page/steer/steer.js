// Steer: the run's generator in the page. From a slider to the picture nothing is asked of the server; it searches latents
// for pictures of one's own, and finds traits, directions and styles.

import { Painter } from "../../../web/page/canvas.js";
import { holdsLook } from "../../../web/page/files.js";
import { lookOf } from "../../../web/page/looks.js";
import { State } from "../../../web/page/state.js";
import { el, fill } from "../frame/element.js";
import { ChangeSection } from "./change.js";
import { FamilySection } from "./family.js";
import { checkpointIn, readState, writtenState } from "./hash.js";
import { Mixer } from "./mixer.js";
import { OwnSection } from "./own.js";
import { gridSection, paletteSection } from "./palette.js";
import { loadGenerator } from "./source.js";
import { Stage } from "./stage.js";

const WRITE_AFTER = 250; // milliseconds: browsers allow an address to change a few times a second

// Fills `root` with the part; returns a function that ends it.
export function mountSteer(root, { api, socket, name, path }) {
  let part = null;
  let isOpen = true;
  const open = async () => {
    const checkpoint = checkpointIn(ownHash());
    fill(root, el("p", { role: "status" }, "Loading the generator …"));
    try {
      const loaded = await loadGenerator(api, name, checkpoint);
      if (!isOpen) {
        loaded.pool.end();
        return;
      }
      loaded.model.run = path;
      part = new Steering(root, { api, socket, name, checkpoint, ...loaded }, reopen);
    } catch (error) {
      if (isOpen) fill(root, el("p", { role: "alert", class: "error" }, error.message));
    }
  };
  const reopen = () => {
    part?.end();
    part = null;
    open();
  };
  open();
  return () => {
    isOpen = false;
    part?.end();
  };
}

// What stands in the address after "?", within its hash.
const ownHash = () => location.hash.split("?").slice(1).join("?");

class Steering {
  // given: {api, socket, name, checkpoint, model, pool}; reopen(): another checkpoint was chosen.
  constructor(root, given, reopen) {
    Object.assign(this, given, { reopen });
    this.root = el("div", { class: "steer" });
    this.painter = new Painter(this.model.output);
    this.state = new State(lookOf("0", this.model));
    this.stage = new Stage(this.model, this.pool, this.painter, this.state);
    this.#build();
    this.#restore();
    this.#listen();
    fill(root, this.root);
    this.stage.show(this.state.look);
  }

  #build() {
    const { model, state, pool, painter, stage, api, socket, name, checkpoint, root } = this;
    const canvasOf = (look) => this.#canvasOf(look);
    const tell = (text) => stage.tell(text);
    const given = { model, state, pool, painter, api, socket, name, checkpoint, canvasOf, tell, root };
    this.mixer = new Mixer(given);
    const hooks = {
      show: (look) => !this.family.walk.playing && stage.show(state.withClass(look)),
      leave: () => !this.family.walk.playing && stage.show(state.look),
      keep: (look) => {
        state.show(look);
        stage.keep(state.withClass(look));
      },
      drag: (look, event) => this.mixer.carry(this.mixer.ofLook(state.withClass(look)), event),
      add: (look) => {
        this.mixer.add(this.mixer.ofLook(state.withClass(look)));
        tell(`Added ${look.name} to the sum.`);
      },
    };
    const gridHooks = { ...hooks, show: (look) => stage.show(look), keep: (look) => this.#keepAs(look) };
    const palette = paletteSection({ ...given, hooks }); // first: its pictures are made in this order
    this.family = new FamilySection({ ...given, hooks }, stage.viewer, this.mixer);
    const grid = gridSection({ ...given, hooks: gridHooks });
    this.change = new ChangeSection(given, () => {
      this.mixer.drawChips();
      grid?.redraw();
    });
    this.own = new OwnSection(given);
    const tools = [palette, this.change.root, this.mixer.root, this.family.root, grid, this.own.root, this.#about()];
    fill(this.root, stage.root, el("div", { class: "tools" }, tools));
    state.on((what) => {
      if (what === "look") this.family.walk.stop();
      if (what !== "kept" && !this.family.walk.playing) stage.viewer.show(state.look);
    });
  }

  // A picture of the grid has a class of its own.
  #keepAs(look) {
    if (this.state.label !== null && this.state.label !== look.label) this.state.choose(null);
    this.state.show(look);
    this.stage.keep(look);
  }

  // A new canvas with the picture of a look.
  #canvasOf(look) {
    const canvas = this.painter.canvas();
    const labels = look.label === null ? null : Int32Array.of(look.label);
    this.pool.render(look.latent, labels).then((pixels) => this.painter.paint(canvas, pixels));
    return canvas;
  }

  // Which checkpoint, and facts.
  #about() {
    const { model, checkpoint } = this;
    const choice = el("select", {
      "aria-label": "Checkpoint",
      onchange: () => {
        const params = new URLSearchParams(ownHash());
        params.set("checkpoint", choice.value);
        this.#write(params.toString());
        this.reopen();
      },
    });
    for (const one of ["last", ...model.checkpoints.map(String).reverse()]) choice.append(new Option(one === "last" ? "the last" : `update ${one}`, one));
    if (checkpoint === "best") choice.append(new Option("the best", "best"));
    choice.value = checkpoint;
    const facts = Object.entries({ ...model.facts, Shown: `the averaged generator after update ${model.update}` });
    return el(
      "section",
      { "aria-label": "What this is" },
      el("div", { class: "head" }, el("h2", {}, "What this is"), el("label", {}, "Checkpoint: ", choice)),
      el("dl", {}, facts.map(([term, what]) => [el("dt", {}, term), el("dd", {}, what)])),
      model.notes.map((note) => el("p", { class: "small" }, note)),
    );
  }

  // ---- the address

  #restore() {
    const { state, model, stage } = this;
    const told = readState(ownHash(), model);
    if (told.label !== null) state.choose(told.label);
    state.show(told.shown || lookOf("0", model));
    state.keepAll(told.kept);
    for (const [key, amount] of told.moves) {
      const [kind, name] = [key.slice(0, key.indexOf("/")), key.slice(key.indexOf("/") + 1)];
      const vector = (model[kind] ?? []).find((one) => one.name === name)?.vector;
      if (vector) state.move(key, vector, amount);
    }
    this.mixer.restore(told.sum);
    if (told.generator && told.generator !== model.id) {
      stage.tell("This address was made with another checkpoint: its latents are shown with this one.");
    }
  }

  #listen() {
    const { state } = this;
    const write = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.#write(writtenState(state, this.model, this.checkpoint, this.mixer.terms)), WRITE_AFTER);
    };
    state.on(write);
    this.onHash = () => {
      if (ownHash() === this.written || !this.root.isConnected) return;
      if (checkpointIn(ownHash()) !== this.checkpoint) this.reopen();
      else this.#restore();
    };
    addEventListener("hashchange", this.onHash);
    this.#receive();
  }

  #write(text) {
    const [path] = location.hash.split("?");
    history.replaceState(null, "", `${path || "#"}?${text}`);
    this.written = ownHash();
  }

  // ---- files

  #receive() {
    const marked = (on) => this.root.classList.toggle("dropping", on);
    const isFile = (event) => event.dataTransfer.types.includes("Files");
    this.root.addEventListener("dragover", (event) => {
      if (!isFile(event)) return;
      event.preventDefault();
      marked(true);
    });
    this.root.addEventListener("dragleave", (event) => marked(isFile(event) && this.root.contains(event.relatedTarget)));
    this.root.addEventListener("drop", (event) => {
      if (!isFile(event)) return;
      event.preventDefault();
      marked(false);
      this.#take(event.dataTransfer.files[0]);
    });
    this.stage.file.addEventListener("change", () => {
      this.#take(this.stage.file.files[0]);
      this.stage.file.value = "";
    });
  }

  // A saved PNG is restored; any other picture is one's own.
  async #take(file) {
    if (!file) return;
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (holdsLook(bytes) && this.stage.restore(bytes, file.name)) return;
    if (!holdsLook(bytes)) this.own.take(file);
  }

  end() {
    clearTimeout(this.timer);
    removeEventListener("hashchange", this.onHash);
    this.family.walk.stop();
    this.change.end();
    this.own.end();
    this.pool.end();
  }
}
