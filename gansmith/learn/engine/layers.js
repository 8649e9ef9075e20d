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

  // This layer's part of the penalty's gradient, s^T t: see penalty.js.
  addThroughTangent(s, t, into) {
    this.#addGradient(s, t, into);
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

// y = x above 0 and leak x below: ReLU with leak = 0.
export class Activation {
  constructor(leak) {
    Object.assign(this, { leak, memory: new Memory() });
  }

  // The slopes f'(x) are kept for the passes that follow: asking for each sign again would take longer.
  forward(x) {
    const { leak } = this;
    const y = this.memory.of("y", x.length);
    const slopes = this.memory.of("slopes", x.length);
    for (let at = 0; at < x.length; at++) {
      slopes[at] = x[at] > 0 ? 1 : leak;
      y[at] = x[at] * slopes[at];
    }
    this.slopes = slopes;
    return y;
  }

  // f'(x) dy.
  backward(dy, w, into, slot = "dx") {
    const { slopes } = this;
    const dx = this.memory.of(slot, dy.length);
    for (let at = 0; at < dy.length; at++) dx[at] = dy[at] * slopes[at];
    return dx;
  }

  // How much y changes when x changes by t: f'(x) t.
  tangent(t) {
    return this.backward(t, null, null, "tangent");
  }
}
