// A game on a line: densities and D's verdict as curves, and below them where G sends its random numbers.

import { bestVerdict } from "../engine/views.js";
import { Board } from "./board.js";
import { colours } from "./colours.js";

const REACH_OF_LINE = 1.5;
const STEPS = 150;
const TOP = 1.12; // verdicts are drawn from 0 to 1, densities so that the data's fills most of that
const BOTTOM = { plain: -0.2, arrows: -0.55, grid: -0.78 }; // what lies below the curves needs more or less room
const HEIGHT = 0.45; // of one unit upward, as a share of the width
const FLOOR = -0.62; // the line of random numbers
const TICKS = 90; // points of each kind
const THREADS = 33;
const SPREAD = 0.45; // of a random number of size 1 on its line
const PUSH = 0.2; // length of the arrow of a gradient of size 1
const PUSHES = 14;

export class Line {
  constructor(canvas) {
    this.board = new Board(canvas, { left: -REACH_OF_LINE, right: REACH_OF_LINE, bottom: 0, top: TOP + 0.1 });
  }

  // layers: {background, real, made, arrows, grid}; moment: what one part of an update saw, or null.
  draw(view, layers, moment) {
    const { board } = this;
    board.view.bottom = layers.grid ? BOTTOM.grid : layers.arrows ? BOTTOM.arrows : BOTTOM.plain;
    board.ratio = (board.view.top - board.view.bottom) * HEIGHT;
    board.clear(colours.card);
    for (const height of [0, 0.5, 1]) board.path([[-REACH_OF_LINE, height], [REACH_OF_LINE, height]], colours.line, 1);
    const { p, q } = view.densities(STEPS, REACH_OF_LINE);
    const tallest = p.reduce((a, b) => Math.max(a, b), 0);
    const place = (k) => ((k + 0.5) / STEPS) * 2 * REACH_OF_LINE - REACH_OF_LINE;
    const curve = (values, scale = 1) => [...values].map((value, k) => [place(k), Math.min(TOP + 0.2, value * scale)]);
    if (layers.real) this.#hill(curve(p, 0.9 / tallest), colours.real);
    if (layers.made) this.#hill(curve(q, 0.9 / tallest), colours.made);
    this.#verdicts(view, layers.background, curve, p, q);
    const real = moment ? moment.real : view.real;
    const made = moment ? moment.fake : view.made(view.latents, TICKS);
    if (layers.grid) this.#threads(view);
    if (layers.real && real) this.#ticks(real, -0.06, colours.real, false);
    if (layers.made && made) this.#ticks(made, -0.13, colours.made, true);
    if (layers.arrows && made) this.#arrows(view, made, moment);
    if (layers.made && made) board.countOutside(made, 1);
    for (const height of [0, 0.5, 1]) board.words(String(height), -REACH_OF_LINE + 0.02, height + 0.015, colours.soft, "left", 11);
  }

  #hill(curve, colour) {
    const { pen } = this.board;
    this.board.path([[curve[0][0], 0], ...curve, [curve.at(-1)[0], 0]], colour, 2);
    Object.assign(pen, { fillStyle: colour, globalAlpha: 0.18 });
    pen.fill();
    pen.globalAlpha = 1;
  }

  #verdicts(view, background, curve, p, q) {
    const places = Float64Array.from({ length: STEPS }, (_, k) => ((k + 0.5) / STEPS) * 2 * REACH_OF_LINE - REACH_OF_LINE);
    if (background === "best" || background === "both") this.board.path(curve(bestVerdict(p, q, 1)), colours.ink, 1.5, [5, 5]);
    if (background === "verdict" || background === "both") this.board.path(curve(view.verdicts(places)), colours.ink, 2.5);
  }

  #ticks(points, height, colour, diamond) {
    for (const x of points.subarray(0, TICKS)) this.board.dot(x, height, colour, colours.card, diamond, 2.6);
  }

  // From each random number on the lowest line to where G puts it.
  #threads(view) {
    this.board.path([[-REACH_OF_LINE, FLOOR], [REACH_OF_LINE, FLOOR]], colours.soft, 1);
    this.board.words("random numbers z", -REACH_OF_LINE + 0.03, FLOOR - 0.09, colours.soft, "left", 11);
    if (view.game.latent !== 1) return;
    const numbers = Float64Array.from({ length: THREADS }, (_, k) => (6 * k) / (THREADS - 1) - 3);
    view.made(numbers).forEach((x, k) => {
      this.board.path([[numbers[k] * SPREAD, FLOOR], [x, -0.17]], colours.made, 0.8);
    });
  }

  #arrows(view, made, moment) {
    const chosen = made.subarray(0, PUSHES);
    const hints = moment ? moment.hints?.map((value) => value * moment.hints.length) : view.hints(chosen);
    if (!hints) return;
    chosen.forEach((x, k) => {
      const push = Math.max(-0.6, Math.min(0.6, -hints[k] * PUSH));
      this.board.arrow(x, -0.2 - 0.022 * k, push, 0, colours.ink);
    });
  }
}
