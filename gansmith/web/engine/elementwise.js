// Layers that change each number by itself. They write over their input.

import { size } from "./products.js";

// Each feature times a factor plus a constant: batch norm, with the averages of the training in both.
export class BatchNorm {
  constructor(record, renderer) {
    this.heap = renderer.heap;
    this.scale = renderer.array(record.scale);
    this.shift = renderer.array(record.shift);
  }

  run(x, labels) {
    const { scale, shift } = this;
    const { numbers } = this.heap;
    const features = x.shape[x.shape.length - 1];
    const each = size(x.shape);
    for (let item = 0; item < x.batch; item++) {
      const row = this.row(item, labels) * features;
      const end = x.at + (item + 1) * each;
      for (let at = x.at + item * each; at < end; at += features) {
        for (let f = 0; f < features; f++) {
          numbers[at + f] = numbers[at + f] * scale[row + f] + shift[row + f];
        }
      }
    }
    return x;
  }

  row() {
    return 0;
  }
}

// The same with factors and constants of each item's class.
export class ConditionalBatchNorm extends BatchNorm {
  row(item, labels) {
    return labels[item];
  }
}

// The same with what each item's style adds to the factors and constants, of its class where there are classes.
export class StyledNorm extends BatchNorm {
  constructor(record, renderer) {
    super(record, renderer);
    this.renderer = renderer;
    this.weight = renderer.array(record.weight);
    this.style = record.style;
  }

  run(x, labels) {
    const features = x.shape[x.shape.length - 1];
    const each = size(x.shape);
    const { numbers } = this.heap;
    const made = new Float32Array(2 * features);
    for (let item = 0; item < x.batch; item++) {
      const row = this.scale.length > features ? labels[item] * features : 0;
      this.affine(made, this.renderer.styles + item * this.style);
      for (let f = 0; f < features; f++) {
        made[f] += this.scale[row + f];
        made[features + f] += this.shift[row + f];
      }
      const end = x.at + (item + 1) * each;
      for (let at = x.at + item * each; at < end; at += features) {
        for (let f = 0; f < features; f++) numbers[at + f] = numbers[at + f] * made[f] + made[features + f];
      }
    }
    return x;
  }

  // The matrix times the style that lies at `from`.
  affine(made, from) {
    const { numbers } = this.heap;
    for (let i = 0; i < made.length; i++) {
      let sum = 0;
      for (let j = 0; j < this.style; j++) sum += this.weight[i * this.style + j] * numbers[from + j];
      made[i] = sum;
    }
  }
}

// A loop for each function, which a compiler makes fast; one loop that calls a function is slow once there are several.
const LOOPS = {
  relu: (n, from, to) => {
    for (let i = from; i < to; i++) n[i] = n[i] > 0 ? n[i] : 0;
  },
  leaky: (n, from, to, slope) => {
    for (let i = from; i < to; i++) n[i] = n[i] > 0 ? n[i] : n[i] * slope;
  },
  tanh: (n, from, to) => {
    for (let i = from; i < to; i++) n[i] = Math.tanh(n[i]);
  },
  sigmoid: (n, from, to) => {
    for (let i = from; i < to; i++) n[i] = 1 / (1 + Math.exp(-n[i]));
  },
  arctan: (n, from, to) => {
    for (let i = from; i < to; i++) n[i] = Math.atan(n[i]);
  },
  linear: () => {},
};

export class Activation {
  constructor(record, renderer) {
    this.heap = renderer.heap;
    this.slope = record.slope;
    this.loop = LOOPS[record.function];
  }

  run(x) {
    this.loop(this.heap.numbers, x.at, x.at + x.batch * size(x.shape), this.slope);
    return x;
  }
}
