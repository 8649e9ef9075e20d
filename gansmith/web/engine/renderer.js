// A generator: a model (its plan and where its arrays are) and their bytes become pictures.

import { Heap } from "./heap.js";
import { kernelFor } from "./kernel.js";
import { build, through } from "./layers.js";
import { size } from "./products.js";
import { readArray } from "./weights.js";

const MOST = 1 << 21; // numbers that one pass may compute; more items go through in several passes

// byte = (value - offset) / factor, in single precision as in Python, so that halves are rounded alike
const PIXELS = {
  symmetric: { factor: Math.fround(2 / 255), offset: -1 },
  unit: { factor: Math.fround(1 / 255), offset: 0 },
};

export class Renderer {
  // kernel: the bytes of kernel.wasm; null = plain JavaScript.
  constructor(model, bytes, kernel = null) {
    this.model = model;
    this.bytes = bytes;
    this.heap = new Heap();
    this.styles = null; // where the styles of a pass lie, see Style
    this.multiply = kernelFor(this.heap, kernel);
    this.layers = build(model.layers, this);
    this.bytes = null; // they are on the heap now
  }

  // The numbers of an array of the model; null for none.
  array(index) {
    return index === null ? null : readArray(this.model.arrays[index], this.bytes);
  }

  columns(index) {
    return this.model.arrays[index].shape[1];
  }

  // Latents (count x latent_dim), classes (count) or null -> the network's output, channels last (count x numbers).
  raw(latents, labels = null) {
    const dim = this.model.latent.dim;
    const count = latents.length / dim;
    const each = size(this.model.output);
    const out = new Float32Array(count * each);
    const together = Math.max(1, Math.floor(MOST / this.model.activations));
    for (let first = 0; first < count; first += together) {
      const batch = Math.min(together, count - first);
      const before = this.heap.top;
      const at = this.heap.take(batch * dim);
      this.heap.numbers.set(latents.subarray(first * dim, (first + batch) * dim), at);
      const y = through(this.layers, { at, batch, shape: [dim] }, labels && labels.subarray(first, first + batch));
      out.set(this.heap.numbers.subarray(y.at, y.at + batch * each), first * each);
      this.heap.release(before);
    }
    return out;
  }

  // The same as bytes 0 .. 255, rounded and clipped as in Python: of four channels no colour exceeds alpha.
  pictures(latents, labels = null) {
    const { factor, offset } = PIXELS[this.model.pixels];
    const raw = this.raw(latents, labels);
    const bytes = new Uint8ClampedArray(raw.length); // which rounds, and clips
    for (let i = 0; i < raw.length; i++) bytes[i] = Math.fround(Math.fround(raw[i] - offset) / factor);
    if (this.model.output[2] === 4) {
      for (let i = 0; i < bytes.length; i++) bytes[i] = Math.min(bytes[i], bytes[i | 3]);
    }
    return bytes;
  }
}
