// The GAN: two players, and an update in parts that can be watched one by one.
//
// The same game as the package's NumPy engine: the same steps, losses, penalty and optimiser, and a seed draws the same
// weights and latents. Only the real points are drawn for each turn, where a training goes through a set of them.

import { normal } from "../../web/engine/normal.js";
import { Adam } from "./adam.js";
import { FAULTS } from "./faults.js";
import { batchLoss, LOSSES, verdictOf } from "./losses.js";
import { pointsOf } from "./mixtures.js";
import { initialise, Network, Numbers } from "./network.js";
import { addPenalty } from "./penalty.js";
import { PlacedStream } from "./philox.js";

export const BATCH = 64;
const WIDTHS = { 1: [16, 16], 2: [32, 32] }; // of both players' hidden layers, for a line and for a plane
const BY_HAND = 1000; // turns that are asked for one by one are numbered from here

class Player {
  constructor(plan, seed, number) {
    this.network = new Network(plan);
    this.weights = new Numbers(this.network);
    this.gradient = new Numbers(this.network);
    this.adam = new Adam(this.weights.flat.length);
    this.steps = 0;
    initialise(this.network, this.weights, new PlacedStream(seed, "initial", 0, number));
  }

  step(rate) {
    this.adam.step(this.weights.flat, this.gradient.flat, rate);
    this.steps += 1;
  }
}

export class Game {
  // settings: latent (how many numbers it has), loss, gamma, turnsD, turnsG, rateD, rateG, fault. They may be changed between parts.
  constructor(mixture, settings, seed) {
    const { dim } = mixture;
    Object.assign(this, { mixture, settings, seed, dim, updates: 0, asked: 0 });
    this.latent = settings.latent || dim; // 0: as many numbers as a point has
    const plan = { widths: WIDTHS[dim] };
    this.g = new Player({ ...plan, inputs: this.latent, outputs: dim, leak: 0 }, seed, 0);
    this.d = new Player({ ...plan, inputs: dim, outputs: 1, leak: 0.2 }, seed, 1);
    this.part = new Numbers(this.d.network); // one part of D's gradient
    this.combined = new Adam(this.d.weights.flat.length); // of the fault that moves D in G's turn
    this.slopes = new Float64Array(BATCH);
    // what the last turns saw, for drawings; report: numbers of the last turns
    this.seen = { latents: null, real: null, fake: null, verdictsReal: null, verdictsFake: null, hints: null };
    this.report = { lossD: 0, lossG: 0, penalty: 0, real: 0.5, fake: 0.5 };
  }

  get fault() {
    return FAULTS[this.settings.fault];
  }

  // One update: D's turns, then G's.
  step() {
    for (const part of this.update()) void part;
  }

  // The parts of one update, each after it is done.
  *update() {
    this.updates += 1;
    const { turnsD, turnsG } = this.settings;
    for (let turn = 0; turn < turnsD; turn++) yield* this.turnOfD(this.updates, turn);
    for (let turn = 0; turn < turnsG; turn++) yield* this.turnOfG(this.updates, turnsD + turn);
  }

  // One turn of one player alone, "turnOfD" or "turnOfG", in parts.
  *alone(turn) {
    yield* this[turn](this.updates, BY_HAND + this.asked++);
  }

  *turnOfD(update, turn) {
    const { d, fault } = this;
    yield* this.#make(update, turn);
    this.seen.real = pointsOf(this.mixture, new PlacedStream(this.seed, "source", update, turn), BATCH);
    yield "real";
    const [real, penalty] = this.#judge("real", this.seen.real, d.gradient);
    yield "judge-real";
    const [fake] = this.#judge("fake", this.seen.fake, this.part);
    addTo(d.gradient.flat, this.part.flat);
    Object.assign(this.report, { lossD: real + fake, penalty });
    yield "judge-fake";
    if (fault.movesD) d.step(this.#rate("rateD"));
    yield "move-d";
  }

  *turnOfG(update, turn) {
    const { d, g, fault, settings } = this;
    yield* this.#make(update, turn);
    const logits = d.network.forward(this.seen.fake, d.weights);
    this.#see("fake", logits);
    this.report.lossG = batchLoss(LOSSES[settings.loss].generator, logits, this.slopes);
    yield "judge-fake";
    const hints = d.network.backward(this.slopes, d.weights, fault.movesDToo ? this.part : null);
    this.seen.hints = hints.map((value) => value * fault.hint);
    yield "hint";
    g.network.backward(this.seen.hints, g.weights, g.gradient, false);
    g.step(this.#rate("rateG"));
    if (fault.movesDToo) this.combined.step(d.weights.flat, this.part.flat, this.#rate("rateG"));
    yield "move-g";
  }

  *#make(update, turn) {
    this.seen.latents = latents(this.seed, update, turn, BATCH * this.latent);
    this.seen.hints = null;
    yield "latents";
    this.seen.fake = this.g.network.forward(this.seen.latents, this.g.weights).slice();
    yield "make";
  }

  // D on real or on generated items: [loss, penalty]; `into` receives the gradient of both.
  #judge(kind, items, into) {
    const { d, settings } = this;
    const logits = d.network.forward(items, d.weights);
    this.#see(kind, logits);
    const loss = batchLoss(LOSSES[settings.loss][kind], logits, this.slopes);
    d.network.backward(this.slopes, d.weights, into, false);
    if (kind === "fake" || !settings.gamma) return [loss, 0];
    return [loss, addPenalty(d.network, d.weights, BATCH, settings.gamma, into)];
  }

  // Keep D's verdicts on items of a kind, as shares.
  #see(kind, logits) {
    const verdicts = logits.map((v) => verdictOf(this.settings.loss, v));
    this.seen[kind === "real" ? "verdictsReal" : "verdictsFake"] = verdicts;
    this.report[kind] = verdicts.reduce((sum, value) => sum + value, 0) / verdicts.length;
  }

  #rate(name) {
    return this.settings[name] * (this.updates > 1 ? this.fault.rate : 1);
  }
}

// Latents of N(0, 1), flat, as a training of this seed draws them.
export function latents(seed, update, turn, count) {
  const stream = new PlacedStream(seed, "latents", update, turn);
  return Float64Array.from({ length: count }, () => normal(stream));
}

function addTo(sum, more) {
  for (let at = 0; at < sum.length; at++) sum[at] += more[at];
}
