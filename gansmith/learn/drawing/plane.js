// A game in the plane: a background, G's grid, points, and the arrows that tell G where its points should go.

import { bestVerdict } from "../engine/views.js";
import { Board } from "./board.js";
import { colours, rgb } from "./colours.js";
import { drawStroke } from "./stroke.js";

const REACH_OF_PLANE = 1.5;
const FIELD = 36; // cells on each side of a background
const DEEPEST = 0.62; // of a colour in a background: points are to stand out
const SHOWN = 200; // generated points
const ARROWS = 60;
const ARROW = 0.25; // length of the arrow of a gradient of size 1
const LONGEST = 0.45;
const GRID = { lines: 13, steps: 48, reach: 2.4 }; // of latents, in standard deviations
const STROKE_SIZE = 15;

export class Plane {
  constructor(canvas) {
    const view = { left: -REACH_OF_PLANE, right: REACH_OF_PLANE, bottom: -REACH_OF_PLANE, top: REACH_OF_PLANE };
    this.board = new Board(canvas, view);
    this.picture = document.createElement("canvas");
    Object.assign(this.picture, { width: FIELD, height: FIELD });
  }

  // layers: {background, real, made, arrows, grid}; moment: what one part of an update saw, or null; strokes: points are
  // shown as pen strokes.
  draw(view, layers, moment, strokes) {
    const { board } = this;
    board.clear(colours.card);
    this.#background(view, layers.background);
    if (layers.grid) this.#grid(view);
    const real = moment?.real ?? (moment ? null : view.real.subarray(0, 2 * SHOWN));
    const made = moment ? moment.fake : view.made(view.latents, SHOWN);
    const [realSize, madeSize] = strokes ? [70, 45] : [SHOWN, SHOWN];
    if (layers.real && real) this.#points(real.subarray(0, 2 * realSize), colours.real, false, strokes);
    if (layers.made && made) this.#points(made.subarray(0, 2 * madeSize), colours.made, true, strokes);
    if (layers.arrows && made) this.#arrows(view, made.subarray(0, 2 * ARROWS), moment);
    if (layers.made && made) board.countOutside(made, 2);
  }

  #points(points, colour, diamond, strokes) {
    for (let at = 0; at < points.length; at += 2) {
      const [x, y] = [points[at], points[at + 1]];
      if (strokes) drawStroke(this.board.pen, this.board.x(x), this.board.y(y), STROKE_SIZE * this.board.scale, x, y, colour);
      else this.board.dot(x, y, colour, colours.card, diamond);
    }
  }

  #arrows(view, made, moment) {
    const hints = moment ? moment.hints?.map((value) => value * (moment.hints.length / 2)) : view.hints(made);
    if (!hints) return;
    for (let at = 0; at < made.length; at += 2) {
      const size = Math.hypot(hints[at], hints[at + 1]);
      const factor = -Math.min(ARROW, LONGEST / (size || 1));
      this.board.arrow(made[at], made[at + 1], hints[at] * factor, hints[at + 1] * factor, colours.ink);
    }
  }

  // Lines of equal latents, carried by G into the plane; one line where a latent is one number.
  #grid(view) {
    const { lines, steps, reach } = GRID;
    const along = (k, count) => (2 * reach * k) / (count - 1) - reach;
    if (view.game.latent === 1) {
      const line = Float64Array.from({ length: 240 }, (_, k) => along(k, 240));
      this.board.path(pairs(view.made(line)), colours.made, 1.5);
      return;
    }
    for (const upright of [true, false]) {
      for (let k = 0; k < lines; k++) {
        const line = new Float64Array(2 * steps);
        for (let s = 0; s < steps; s++) line.set(upright ? [along(k, lines), along(s, steps)] : [along(s, steps), along(k, lines)], 2 * s);
        this.board.path(pairs(view.made(line)), colours.made, k === (lines - 1) / 2 ? 1.8 : 0.7);
      }
    }
  }

  #background(view, name) {
    if (name === "none") return;
    const cells = this.#cells(view, name);
    const image = new ImageData(FIELD, FIELD);
    const [real, made, even] = [rgb(colours.real), rgb(colours.made), rgb(colours.even)];
    for (let row = 0; row < FIELD; row++) {
      for (let column = 0; column < FIELD; column++) {
        const share = cells[column + FIELD * (FIELD - 1 - row)]; // -1: generated, 0: even, 1: real
        const [to, weight] = [share > 0 ? real : made, Math.min(1, Math.abs(share)) * DEEPEST];
        const at = 4 * (column + FIELD * row);
        for (let k = 0; k < 3; k++) image.data[at + k] = even[k] + (to[k] - even[k]) * weight;
        image.data[at + 3] = 255;
      }
    }
    this.picture.getContext("2d").putImageData(image, 0, 0);
    const { pen, canvas } = this.board;
    Object.assign(pen, { imageSmoothingEnabled: true, imageSmoothingQuality: "high" });
    pen.drawImage(this.picture, 0, 0, canvas.width, canvas.height);
  }

  #cells(view, name) {
    if (name === "verdict") return view.verdicts(centres()).map((value) => 2 * value - 1);
    const { p, q } = view.densities(FIELD, REACH_OF_PLANE);
    if (name === "best") return bestVerdict(p, q, 2).map((value) => 2 * value - 1);
    const [values, sign] = name === "p" ? [p, 1] : [q, -1];
    const most = p.reduce((a, b) => Math.max(a, b), 0);
    return values.map((value) => sign * Math.sqrt(value / most));
  }
}

const pairs = (points) => Array.from({ length: points.length / 2 }, (_, k) => [points[2 * k], points[2 * k + 1]]);

// The middles of a background's cells, flat.
function centres() {
  const place = (k) => ((k + 0.5) / FIELD) * 2 * REACH_OF_PLANE - REACH_OF_PLANE;
  const points = new Float64Array(2 * FIELD * FIELD);
  for (let at = 0; at < FIELD * FIELD; at++) points.set([place(at % FIELD), place(Math.floor(at / FIELD))], 2 * at);
  return points;
}
