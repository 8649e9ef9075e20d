// A hundred pictures of as many seeds; and every class in every style.

import { Gallery } from "../../../web/page/gallery.js";
import { MOMENTS } from "../../../web/engine/latents.js";
import { labelTitle, labelWords } from "../../../web/page/classes.js";
import { lookOf } from "../../../web/page/looks.js";
import { actionButton, el, fill, say } from "../frame/element.js";

const PALETTE_COLUMNS = 10;
const PALETTE_SIZE = 100;
const CLASSES_SHOWN = 10; // classes of the grid at a time

export function paletteSection({ model, state, pool, painter, hooks }) {
  const seeds = el("span", { class: "small soft" });
  const root = el("div", { class: "gallery ten", role: "group", "aria-label": "Palette of pictures" });
  const gallery = new Gallery(root, PALETTE_COLUMNS, pool, painter, hooks);
  let first = 0n;
  let looks = [];
  const draw = () => gallery.set(looks.map((look) => state.withClass(look)));
  const earlier = actionButton("Earlier", () => turn(-BigInt(PALETTE_SIZE)));
  const turn = (by) => {
    first += by;
    looks = Array.from({ length: PALETTE_SIZE }, (_, index) => lookOf(first + BigInt(index), model));
    say(seeds, `Seeds ${first} to ${first + BigInt(PALETTE_SIZE - 1)}`);
    earlier.disabled = first === 0n;
    draw();
  };
  state.on((what) => {
    if (what === "class") draw();
  });
  turn(0n);
  const later = actionButton("Later", () => turn(BigInt(PALETTE_SIZE)));
  return el(
    "section",
    { "aria-label": "Palette" },
    el("div", { class: "head" }, el("h2", {}, "Palette"), seeds, earlier, later),
    el("p", { class: "hint" }, "Point at a picture to see it large, with its numbers. Press it to keep it and go on from it. Arrow keys go from one to the next; + adds one to the sum, as dragging it there does."),
    root,
  );
}

// Rows are classes, columns are styles: random latents, kept pictures, or the run's named styles. null without classes.
export function gridSection({ model, state, pool, painter, hooks }) {
  if (!model.classes.length) return null;
  const root = el("div", { class: "gallery ten", role: "group", "aria-label": "Every class in every style" });
  const gallery = new Gallery(root, PALETTE_COLUMNS, pool, painter, hooks);
  const heads = el("div", { class: "row-heads", "aria-hidden": "true" }); // each picture's own name says both
  const tops = el("div", { class: "column-heads", "aria-hidden": "true" });
  const frame = el("div", { class: "grid-frame" }, el("span"), tops, heads, root);
  const title = labelTitle(model);
  const [one, many] = title === "Group" ? ["group", "groups"] : ["class", "classes"];
  const centre = MOMENTS[model.latent.law].centre;
  const sources = {
    "random latents": () => Array.from({ length: PALETTE_COLUMNS }, (_, index) => lookOf(first + index, model)),
    "kept pictures": () => state.kept.slice(-PALETTE_COLUMNS),
    "named styles": () =>
      model.styles.slice(0, PALETTE_COLUMNS).map(({ name, vector }) => {
        return { latent: vector.map((value) => value + centre), label: 0, seed: null, name };
      }),
  };
  let first = 0;
  let row = 0;
  const choice = el("select", { "aria-label": "Styles of the columns", onchange: () => draw() });
  for (const name of Object.keys(sources)) choice.append(new Option(name));
  const none = el("p", { class: "hint" });
  const draw = () => {
    const columns = sources[choice.value]();
    const rows = model.classes.slice(row, row + CLASSES_SHOWN);
    say(none, columns.length ? "" : choice.value === "kept pictures" ? "Nothing is kept yet." : "This run has no styles yet: find them above.");
    others.hidden = choice.value !== "random latents";
    frame.hidden = !columns.length;
    if (!columns.length) return;
    gallery.columns = columns.length;
    for (const node of [root, tops]) node.style.gridTemplateColumns = `repeat(${columns.length}, minmax(0, 1fr))`;
    fill(heads, ...rows.map((_, index) => el("span", {}, labelWords(model, row + index))));
    fill(tops, ...columns.map(({ name }) => el("span", { title: name }, name)));
    const named = (look, label) => ({ ...look, label, name: `${look.name} as ${labelWords(model, label)}` });
    gallery.set(rows.flatMap((_, index) => columns.map((look) => named(look, row + index))));
  };
  const others = actionButton("Other latents", () => {
    first += PALETTE_COLUMNS;
    draw();
  });
  const more = actionButton(`Other ${many}`, () => {
    row = row + CLASSES_SHOWN < model.classes.length ? row + CLASSES_SHOWN : 0;
    draw();
  });
  more.hidden = model.classes.length <= CLASSES_SHOWN;
  state.on((what) => {
    if (what === "kept" && choice.value === "kept pictures") draw();
  });
  draw();
  const section = el(
    "section",
    { "aria-label": `${title} and style` },
    el("div", { class: "head" }, el("h2", {}, `${title} × style`), el("label", {}, "Columns: ", choice), others, more),
    el("p", { class: "hint" }, `A row is a ${one}; a column is one latent, whose name stands above it.`),
    none,
    frame,
  );
  section.redraw = draw;
  return section;
}
