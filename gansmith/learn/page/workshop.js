// Styles of strokes: gathered, scaled, added and subtracted.

import { Board } from "../drawing/board.js";
import { colours } from "../drawing/colours.js";
import { drawStroke } from "../drawing/stroke.js";
import { plus, scaled, sortedByStyle, STYLES } from "../tour/arithmetic.js";
import { byId, fill, make, when } from "./parts.js";

const NAMES_OF_STYLES = Object.keys(STYLES);
const OWN = 0.15; // a difference from the middle that is worth a word
const DOTS = 400;

// view() -> the View of side A's game.
export function makeWorkshop(view) {
  const cards = NAMES_OF_STYLES.map((name) => {
    const canvas = make("canvas", { width: 1, height: 1 });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", name);
    return { name, canvas, count: make("span", { className: "soft" }) };
  });
  byId("style-cards").replaceChildren(
    ...cards.map(({ name, canvas, count }) => make("figure", {}, canvas, make("figcaption", { className: "small" }, name, make("br"), count))),
  );
  fill(byId("first"), NAMES_OF_STYLES.map((name) => [name, name]), "thick right");
  fill(byId("second"), NAMES_OF_STYLES.map((name) => [name, name]), "thick straight");
  byId("sign").value = "-1";
  const here = { styles: null, latents: null };

  const gather = () => {
    here.latents = view().latents.slice(0, 2 * DOTS * 2);
    here.made = view().made(here.latents);
    here.styles = sortedByStyle(here.latents, here.made);
    byId("styles-made").hidden = false;
    const counts = NAMES_OF_STYLES.map((name) => `${here.styles[name].count} ${name}`).join(", ");
    byId("gathered").textContent = `Averaged: ${counts}.`;
    draw();
  };

  const point = (latent) => [...view().made(Float64Array.from(latent))];

  function draw() {
    if (!here.styles) return;
    const factor = Number(byId("factor").value);
    byId("factor-told").textContent = factor;
    byId("factor-meaning").textContent = meaning(factor);
    for (const { name, canvas, count } of cards) {
      picture(canvas, point(scaled(here.styles[name].latent, factor)));
      count.textContent = `of ${here.styles[name].count}`;
    }
    const [first, second, sign] = [byId("first").value, byId("second").value, Number(byId("sign").value)];
    const sum = plus(here.styles[first].latent, here.styles[second].latent, sign);
    const stroke = point(sum);
    byId("sign-told").textContent = sign > 0 ? "+" : "−";
    picture(byId("first-stroke"), point(here.styles[first].latent));
    picture(byId("second-stroke"), point(here.styles[second].latent));
    picture(byId("sum"), stroke);
    const said = told(stroke, point([0, 0]));
    byId("sum-told").textContent = `${first} ${sign > 0 ? "plus" : "minus"} ${second} is ${said}.`;
    drawLatents(here, factor, sum);
  }

  when("gather", "click", gather);
  for (const id of ["factor", "first", "second", "sign"]) when(id, "input", draw);
  return {
    gather,
    draw,
    show(is) {
      byId("workshop").hidden = !is;
      byId("styles-made").hidden = true;
      byId("gathered").textContent = "";
      here.styles = null;
    },
  };
}

const meaning = (factor) =>
  factor === 0 ? "At 0 nothing is left of any style: all four are the average stroke."
  : factor < 0 ? "Below 0 each style is turned into its opposite: thick into thin, straight into right."
  : factor > 1 ? "Above 1 each style is exaggerated."
  : "At 1 you see the styles themselves; towards 0 they fade.";

// How a stroke differs from the average one, in words.
function told([x, y], [middleX, middleY]) {
  const [dx, dy] = [x - middleX, y - middleY];
  const lean = dx > OWN ? "leaning right" : dx < -OWN ? "upright" : "leaning as the average";
  const thick = dy > OWN ? "thick" : dy < -OWN ? "thin" : "as thick as the average";
  return `${thick}, ${lean}`;
}

function picture(canvas, [x, y]) {
  const board = new Board(canvas, { left: -1, right: 1, bottom: -1, top: 1 });
  board.clear(colours.card);
  drawStroke(board.pen, board.x(0), board.y(0), canvas.width * 0.62, x, y, colours.made);
}

function drawLatents({ styles, latents, made }, factor, sum) {
  const board = new Board(byId("latent-plane"), { left: -3, right: 3, bottom: -3, top: 3 });
  board.clear(colours.card);
  board.path([[-3, 0], [3, 0]], colours.line, 1);
  board.path([[0, -3], [0, 3]], colours.line, 1);
  for (let at = 0; at < 2 * 120; at += 2) {
    const size = 11 * board.scale;
    drawStroke(board.pen, board.x(latents[at]), board.y(latents[at + 1]), size, made[at], made[at + 1], colours.soft);
  }
  for (const [name, { latent }] of Object.entries(styles)) {
    const [x, y] = scaled(latent, factor);
    board.arrow(0, 0, x, y, colours.made, 3);
    board.words(name, x * 1.15, y * 1.15, colours.ink, x < 0 ? "right" : "left", 12);
  }
  board.arrow(0, 0, sum[0], sum[1], colours.ink, 3);
}
