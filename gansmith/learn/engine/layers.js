// The two kinds of layers of a dense network: `forward` makes y from x, `backward` makes dL/dx from dL/dy.
//
// A batch is a flat array, row by row. A name that starts with d is a gradient of the loss. Each layer remembers its last
// forward pass; its backward pass belongs to that one. What a pass returns is the layer's own memory until its next pass.

import { addTransposedTimes, times, timesTransposed } from "./products.js";

class Memory {
  #arrays = {};

  // An array under a name; it holds what it held.
  of(name, size) {
    if (this.#arrays[name]?.length !== size) this.#arrays[name] = new Float64Array(size);
    return this.#arrays[name];
  }
}

// y = x W^T + b.
export class Dense {
  constructor(inputs, outputs) {
    Object.assign(this, { inputs, outputs, memory: new Memory() });
  }

  forward(x, w) {
    this.x = x;
    this.rows = x.length / this.inputs;
    const y = this.#product("y", x, w);
    for (let at = 0; at < y.length; ) for (let out = 0; out < this.outputs; out++) y[at++] += w.bias[out];
    return y;
  }

  // dW = dy^T x,  db = sum of dy over the batch,  dx = dy W. into = null: the layer is frozen. slot: where dx is kept;
  // null: dx is not computed.
  backward(dy, w, into, slot = "dx") {
    if (into) {
      into.weight.fill(0);
      this.#addGradient(dy, this.x, into);
      this.#sum(dy, into.bias);
    }
    if (!slot) return null;
    const dx = this.memory.of(slot, this.rows * this.inputs);
    times(dy, w.weight, dx, this.rows, this.inputs, this.outputs);
    return dx;
  }

  // How much y changes when x changes by t: t W^T.
  tangent(t, w) {
    return this.#product("tangent", t, w);
  }

  // dW = s^T t + d^T x,  db = sum of d,  and d of x: see penalty.js.
  backwardThroughTangent(s, t, d, w, into) {
    into.weight.fill(0);
    this.#addGradient(s, t, into);
    this.#addGradient(d, this.x, into);
    this.#sum(d, into.bias);
    return this.backward(d, w, null, "through");
  }

  #product(slot, x, w) {
    const y = this.memory.of(slot, this.rows * this.outputs);
    timesTransposed(x, w.weight, y, this.rows, this.inputs, this.outputs);
    return y;
  }

  #addGradient(dy, x, into) {
    addTransposedTimes(dy, x, into.weight, this.rows, this.inputs, this.outputs);
  }

  #sum(dy, bias) {
    bias.fill(0);
    for (let at = 0; at < dy.length; ) for (let out = 0; out < this.outputs; out++) bias[out] += dy[at++];
  }
}

// f, f' and f'' of the activations; the derivatives are computed from y.
const LEAK = 0.2;
export const ACTIVATIONS = {
  relu: { value: (x) => (x > 0 ? x : 0), first: (y) => (y > 0 ? 1 : 0), second: () => 0 },
  leaky: { value: (x) => (x > 0 ? x : x * LEAK), first: (y) => (y > 0 ? 1 : LEAK), second: () => 0 },
  tanh: { value: Math.tanh, first: (y) => 1 - y * y, second: (y) => -2 * y * (1 - y * y) },
};

// y = f(x), number by number.
export class Activation {
  constructor(name) {
    Object.assign(this, { f: ACTIVATIONS[name], memory: new Memory() });
  }

  forward(x) {
    const { value } = this.f;
    this.y = this.memory.of("y", x.length);
    for (let at = 0; at < x.length; at++) this.y[at] = value(x[at]);
    return this.y;
  }

  // f'(x) dy.
  backward(dy, w, into, slot = "dx") {
    const { first } = this.f;
    const dx = this.memory.of(slot, dy.length);
    for (let at = 0; at < dy.length; at++) dx[at] = dy[at] * first(this.y[at]);
    return dx;
  }

  // f'(x) t.
  tangent(t) {
    return this.backward(t, null, null, "tangent");
  }

  // f'(x) d + s t f''(x): f' depends on x.
  backwardThroughTangent(s, t, d) {
    const { second } = this.f;
    const dx = this.backward(d, null, null, "through");
    for (let at = 0; at < d.length; at++) dx[at] += s[at] * t[at] * second(this.y[at]);
    return dx;
  }
}
