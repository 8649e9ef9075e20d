// The page: its parts are made here and told of one another. The same script is that of the workers.

import { bytesOf } from "../engine/base64.js";
import { example, lookOfStyles } from "./arithmetic.js";
import { Painter } from "./canvas.js";
import { addClasses } from "./classes.js";
import { lookIn, save } from "./files.js";
import { Gallery } from "./gallery.js";
import { Kept } from "./kept.js";
import { anySeed, lookOf } from "./looks.js";
import { inflated, unpacked } from "./packed.js";
import { Pool } from "./pool.js";
import { Quiz } from "./quiz.js";
import { addSliders } from "./sliders.js";
import { State } from "./state.js";
import { Viewer } from "./viewer.js";
import { Walk } from "./walk.js";
import { serve } from "./worker.js";

const COLUMNS = 10;
const SHOWN = 100; // looks in the palette

const page = (id) => document.getElementById(id);

async function start(source) {
  const model = readModel();
  const pool = new Pool(model.arrays, source);
  pool.begin(await generatorOf(model));
  const painter = new Painter(model.output);
  const state = new State(lookOf("0", model));
  const large = page("picture");
  [large.height, large.width] = painter.size;
  const viewer = new Viewer(large, page("caption"), page("command"), pool, painter, model);
  viewer.show(state.look);
  const walk = new Walk(page("play"), page("place"), state, viewer, model);
  const hooks = {
    show: (look) => !walk.playing && viewer.show(state.withClass(look)),
    leave: () => !walk.playing && viewer.show(state.look),
    keep: (look) => {
      state.show(look);
      state.keep(state.withClass(look));
      tell(`Kept ${look.name}.`);
    },
  };
  addClasses(page("classes"), model, state);
  addPalette(model, state, pool, painter, hooks);
  addMoves(model, state);
  new Kept(page, state, pool, painter, hooks);
  state.on((what) => {
    if (what === "look") walk.stop();
    if (what !== "kept" && !walk.playing) viewer.show(state.look);
  });
  addActions(model, state, pool, painter);
  if (model.real) new Quiz(page, pool, painter, model);
}

function readModel() {
  const model = JSON.parse(page("model").textContent);
  for (const one of [...model.directions, ...model.styles]) {
    one.vector = new Float32Array(bytesOf(one.vector).buffer);
  }
  return model;
}

// What a worker needs to make pictures.
async function generatorOf({ layers, arrays, output, activations, latent, pixels, kernel, packed }) {
  const bytes = await inflated(unpacked(page("weights").textContent, packed));
  page("weights").remove();
  return { model: { layers, arrays, output, activations, latent, pixels }, bytes, kernel: bytesOf(kernel) };
}

// 100 looks of as many seeds; others on request.
function addPalette(model, state, pool, painter, hooks) {
  const gallery = new Gallery(page("palette"), COLUMNS, pool, painter, hooks);
  let first = 0n;
  let looks = [];
  const draw = () => gallery.set(looks.map((look) => state.withClass(look)));
  const turn = (by) => {
    first += by;
    looks = Array.from({ length: SHOWN }, (_, index) => lookOf(first + BigInt(index), model));
    page("seeds").textContent = `Seeds ${first} to ${first + BigInt(SHOWN - 1)}`;
    page("earlier").disabled = first === 0n;
    draw();
  };
  page("earlier").addEventListener("click", () => turn(-BigInt(SHOWN)));
  page("later").addEventListener("click", () => turn(BigInt(SHOWN)));
  state.on((what) => {
    if (what === "class") draw();
  });
  turn(0n);
}

// Sliders, and sums of styles where there are any.
function addMoves(model, state) {
  addSliders(page("directions"), "directions", model.directions, state, model.latent.law);
  page("reset").addEventListener("click", () => state.show(state.base));
  if (!model.styles.length) return;
  page("styles-part").hidden = false;
  addSliders(page("styles"), "styles", model.styles, state, model.latent.law);
  const sum = page("sum");
  sum.value = example(model.styles);
  page("style-names").textContent = model.styles.map(({ name }) => name).join(", ");
  page("arithmetic").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(page("sum-error"), () => state.show(lookOfStyles(sum.value, model.styles, state.base, model.latent)));
  });
}

// What the buttons below the large picture do.
function addActions(model, state, pool, painter) {
  const seed = page("seed");
  page("random").addEventListener("click", () => state.show(lookOf(anySeed(), model)));
  page("seed-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = seed.value.trim();
    if (/^-?\d{1,60}$/.test(text)) state.show(lookOf(text, model));
    else tell("A seed is a whole number.");
  });
  state.on((what) => {
    if (what === "look" && state.base.seed !== null) seed.value = state.base.seed;
  });
  page("keep").addEventListener("click", () => {
    const { look } = state;
    state.keep(look);
    tell(`Kept ${look.name}.`);
  });
  page("save").addEventListener("click", () => save(state.look, model, pool, painter));
  const file = page("file");
  page("open").addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    restore(file.files[0], model, state);
    file.value = "";
  });
  addDropping(model, state);
}

function addDropping(model, state) {
  const marked = (on) => document.body.classList.toggle("dropping", on);
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    marked(true);
  });
  document.addEventListener("dragleave", (event) => marked(event.relatedTarget !== null));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    marked(false);
    restore(event.dataTransfer.files[0], model, state);
  });
}

async function restore(file, model, state) {
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  attempt(page("message"), () => {
    const look = lookIn(bytes, model);
    if (state.label !== null && state.label !== look.label) state.choose(null); // the picture's own class
    state.show(look);
    tell(`Restored ${look.name} from ${file.name}.`);
  });
}

function attempt(place, action) {
  try {
    place.textContent = "";
    action();
  } catch (error) {
    place.textContent = error.message;
  }
}

const tell = (text) => {
  page("message").textContent = text;
};

if (typeof document === "undefined") serve(self);
else start(document.currentScript.textContent).catch((error) => tell(error.message));
