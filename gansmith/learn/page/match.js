// One side of the page: a game, what is drawn of it, and its numbers over time.

import { Line } from "../drawing/line.js";
import { Plane } from "../drawing/plane.js";
import { History } from "../drawing/curves.js";
import { DISTRIBUTIONS, found } from "../engine/mixtures.js";
import { mixtureOf } from "../engine/own.js";
import { Game } from "../engine/game.js";
import { View } from "../engine/views.js";

const COUNTED = 800; // generated points, for how many of the data's heaps have been found

export class Match {
  // figure: its place in the page.
  constructor(figure) {
    this.canvas = figure.querySelector("canvas");
    this.told = figure.querySelector(".told");
    this.drawings = { 1: new Line(this.canvas), 2: new Plane(this.canvas) };
  }

  // Begin at update 0. settings are shared with the page: a change of them holds from the next turn on.
  restart(state, settings) {
    this.data = state.data;
    this.game = new Game(mixtureOf(state), settings, state.seed);
    this.view = new View(this.game);
    this.history = new History();
    this.parts = null;
  }

  update() {
    this.finish();
    this.game.step();
    this.history.add(this.game.updates, this.game.report);
  }

  // One turn of a player alone: "turnOfD" or "turnOfG".
  alone(turn) {
    this.finish();
    for (const part of this.game.alone(turn)) void part;
  }

  // The next part of an update in slow motion; its name.
  nextPart() {
    this.parts ??= this.game.update();
    const { value, done } = this.parts.next();
    if (!done) return value;
    this.parts = null;
    this.history.add(this.game.updates, this.game.report);
    return this.nextPart();
  }

  // Let an update that was begun in slow motion end.
  finish() {
    if (!this.parts) return;
    for (const part of this.parts) void part;
    this.parts = null;
    this.history.add(this.game.updates, this.game.report);
  }

  // part: of slow motion, or null. What a part has not yet seen is not shown.
  draw(layers, part) {
    const { seen, dim } = this.game;
    const moment = part && { ...seen, fake: part === "latents" ? null : seen.fake };
    if (part === "latents" || part === "make") moment.real = null;
    if (part === "move-g") Object.assign(moment, { fake: this.view.made(seen.latents), hints: null });
    const drawn = part === "hint" ? { ...layers, arrows: true } : layers;
    this.drawings[dim].draw(this.view, drawn, moment, this.data === "strokes");
    this.told.textContent = this.#says();
  }

  // How many of the data's parts G has found, where they are far enough apart to be counted; else null.
  found() {
    return DISTRIBUTIONS[this.data]?.modes ? found(this.game.mixture, this.view.made(this.view.latents, COUNTED)) : null;
  }

  #says() {
    const { d, g, mixture } = this.game;
    const steps = `Steps: D ${d.steps}, G ${g.steps}`;
    const seen = this.found();
    return seen ? `${steps} · ${seen.modes} of ${mixture.centres.length} heaps found, ${Math.round(100 * seen.near)}% of points on one` : steps;
  }
}
