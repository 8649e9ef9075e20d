// What a drawing needs to know of a game, computed beside it: nothing here moves a weight or uses up a random number.

import { normal } from "../../web/engine/normal.js";
import { LOSSES, verdictOf } from "./losses.js";
import { densityAt, pointsOf } from "./mixtures.js";
import { Network } from "./network.js";
import { PlacedStream } from "./philox.js";

const WATCHED = 2000; // latents that are looked at again and again
export const BLUR = { 1: 0.05, 2: 0.09 }; // of densities that are drawn, on a line and in a plane

export class View {
  constructor(game) {
    const { latent, seed, mixture } = game;
    this.game = game;
    this.g = new Network(game.g.network.plan); // networks of its own: a pass is remembered by the game's
    this.d = new Network(game.d.network.plan);
    const stream = new PlacedStream(seed, "watch");
    this.latents = Float64Array.from({ length: WATCHED * latent }, () => normal(stream));
    this.real = pointsOf(mixture, new PlacedStream(seed, "source"), 256);
  }

  // Where G puts latents (flat); by default those that are watched, all or the first of them.
  made(latents = this.latents, rows = latents.length / this.game.latent) {
    return this.g.forward(latents.subarray(0, rows * this.game.latent), this.game.g.weights).slice();
  }

  // D's verdicts on points (flat): 1 = real, 0 = generated.
  verdicts(points) {
    const { loss } = this.game.settings;
    return this.d.forward(points, this.game.d.weights).map((v) => verdictOf(loss, v));
  }

  // The gradients of G's loss that reach points (flat), for each as if it were alone.
  hints(points) {
    const { settings, fault, d } = this.game;
    const logits = this.d.forward(points, d.weights);
    const slopes = logits.map((v) => LOSSES[settings.loss].generator(v)[1]);
    return this.d.backward(slopes, d.weights, null).map((value) => value * fault.hint);
  }

  // Densities of the data (p) and of G's points (q) on a grid, both blurred alike, so that they can be compared.
  densities(side, reach) {
    const { mixture, dim } = this.game;
    const blur = BLUR[dim];
    const cell = (2 * reach) / side;
    const place = (k) => (k + 0.5) * cell - reach;
    const point = (at) => (dim === 1 ? [place(at)] : [place(at % side), place(Math.floor(at / side))]);
    if (this.p?.length !== side ** dim) {
      this.p = Float64Array.from({ length: side ** dim }, (_, at) => densityAt(mixture, point(at), blur)); // stays as it is
    }
    return { p: this.p, q: blurred(histogram(this.made(), dim, side, reach), dim, side, blur / cell) };
  }
}

// The best verdict that any D could give: p / (p + q). Where neither is, it is 1/2.
export function bestVerdict(p, q, dim) {
  const least = dim === 1 ? 0.02 : 0.01;
  return p.map((value, at) => (value + least) / (value + q[at] + 2 * least));
}

// Points (flat) as a density over cells; those outside are left out.
function histogram(points, dim, side, reach) {
  const counts = new Float64Array(side ** dim);
  const cell = (2 * reach) / side;
  const rows = points.length / dim;
  for (let row = 0; row < rows; row++) {
    const at = [...points.subarray(row * dim, (row + 1) * dim)].map((value) => Math.floor((value + reach) / cell));
    if (at.some((k) => !(k >= 0 && k < side))) continue;
    counts[dim === 1 ? at[0] : at[0] + side * at[1]] += 1 / (rows * cell ** dim);
  }
  return counts;
}

// A gaussian blur, `width` cells wide, along each axis in turn.
function blurred(values, dim, side, width) {
  const reach = Math.ceil(3 * width);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-(((k - reach) / width) ** 2) / 2));
  const sum = kernel.reduce((total, value) => total + value, 0);
  let from = values;
  for (const step of dim === 1 ? [1] : [1, side]) {
    const to = new Float64Array(from.length);
    for (let at = 0; at < from.length; at++) {
      if (!from[at]) continue;
      const here = Math.floor(at / step) % side;
      for (let k = -Math.min(reach, here); k <= Math.min(reach, side - 1 - here); k++) {
        to[at + k * step] += (from[at] * kernel[k + reach]) / sum;
      }
    }
    from = to;
  }
  return from;
}
