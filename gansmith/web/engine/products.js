// Layers with weights: matrix products by the kernel.

import { Panels } from "./weights.js";

export const size = (shape) => shape.reduce((product, side) => product * side, 1);

class Weighted {
  // bias: of the product, where it is not added elsewhere.
  constructor(record, renderer, bias = renderer.array(record.bias)) {
    this.record = record;
    this.heap = renderer.heap;
    this.multiply = renderer.multiply;
    this.panels = new Panels(this.heap, renderer.array(record.weight), bias, renderer.columns(record.weight));
  }

  // `rows` rows of the product at `to`. Panels are 8 wide: what is too wide is computed elsewhere, then copied.
  product(from, to, rows, depth, aStride, segments = 1, pitch = depth) {
    const { matrix, bias, count, width, columns } = this.panels;
    if (width === columns) {
      this.multiply(from, matrix, bias, to, rows, depth, count, aStride, columns, segments, pitch);
      return;
    }
    const before = this.heap.top;
    const wide = this.heap.take(rows * width);
    this.multiply(from, matrix, bias, wide, rows, depth, count, aStride, width, segments, pitch);
    const { numbers } = this.heap;
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < columns; c++) numbers[to + row * columns + c] = numbers[wide + row * width + c];
    }
    this.heap.release(before);
  }
}

// y = x W + b.
export class Linear extends Weighted {
  run(x) {
    const { columns } = this.panels;
    const inputs = size(x.shape);
    const at = this.heap.take(x.batch * columns);
    this.product(x.at, at, x.batch, inputs, inputs);
    return { at, batch: x.batch, shape: [columns] };
  }
}

// A convolution after zero padding. A row of y is one product: the patches under the kernel overlap where they lie.
export class Conv extends Weighted {
  run(x) {
    const { kernel, stride, padding } = this.record;
    const [[top, bottom], [left, right]] = padding;
    const [height, width, channels] = x.shape;
    const rows = Math.floor((height + top + bottom - kernel) / stride) + 1;
    const across = Math.floor((width + left + right - kernel) / stride) + 1;
    const { columns } = this.panels;
    const at = this.heap.take(x.batch * rows * across * columns);
    const before = this.heap.top;
    const pitch = (width + left + right) * channels;
    const framed = this.heap.take((height + top + bottom) * pitch);
    for (let item = 0; item < x.batch; item++) {
      this.frame(x, item, framed, pitch);
      for (let row = 0; row < rows; row++) {
        const to = at + (item * rows + row) * across * columns;
        this.product(framed + row * stride * pitch, to, across, kernel * channels, stride * channels, kernel, pitch);
      }
    }
    this.heap.release(before);
    return { at, batch: x.batch, shape: [rows, across, columns] };
  }

  // One item with zeros around it.
  frame(x, item, to, pitch) {
    const [[top, bottom], [left]] = this.record.padding;
    const [height, width, channels] = x.shape;
    const { numbers } = this.heap;
    const run = width * channels;
    numbers.fill(0, to, to + (height + top + bottom) * pitch);
    for (let row = 0; row < height; row++) {
      const from = x.at + (item * height + row) * run;
      numbers.copyWithin(to + (top + row) * pitch + left * channels, from, from + run);
    }
  }
}

const TILE = 65536; // about how many numbers of a product are kept until they are added up

// The adjoint of a convolution: each pixel times its weights gives a patch, which is added to y.
export class ConvTranspose extends Weighted {
  constructor(record, renderer) {
    super(record, renderer, null);
    this.bias = renderer.array(record.bias);
  }

  run(x) {
    const { kernel, stride, crop, outputs } = this.record;
    const [height, width, channels] = x.shape;
    const rows = (height - 1) * stride + kernel - crop[0][0] - crop[0][1];
    const across = (width - 1) * stride + kernel - crop[1][0] - crop[1][1];
    const at = this.heap.take(x.batch * rows * across * outputs);
    this.#start(at, x.batch * rows * across);
    const before = this.heap.top;
    const { columns } = this.panels;
    const tile = Math.max(4, Math.floor(TILE / columns / 4) * 4);
    const patches = this.heap.take(tile * columns);
    for (let first = 0; first < x.batch * height * width; first += tile) {
      const count = Math.min(tile, x.batch * height * width - first);
      this.product(x.at + first * channels, patches, count, channels, channels);
      for (let index = 0; index < count; index++) {
        const pixel = first + index;
        const item = Math.floor(pixel / (height * width));
        const row = Math.floor(pixel / width) % height;
        this.#add(patches + index * columns, at + item * rows * across * outputs, row, pixel % width, rows, across);
      }
    }
    this.heap.release(before);
    return { at, batch: x.batch, shape: [rows, across, outputs] };
  }

  // y is the bias everywhere.
  #start(at, pixels) {
    const { numbers } = this.heap;
    const { outputs } = this.record;
    numbers.fill(0, at, at + pixels * outputs);
    if (!this.bias) return;
    for (let pixel = 0; pixel < pixels; pixel++) numbers.set(this.bias, at + pixel * outputs);
  }

  // The patch of a pixel added to the picture at `to`; what is cut off is left out. A row of a patch is one run.
  #add(patch, to, row, column, rows, across) {
    const { kernel, stride, crop, outputs } = this.record;
    const { numbers } = this.heap;
    const left = column * stride - crop[1][0];
    const first = Math.max(0, -left);
    const last = Math.min(kernel, across - left);
    for (let u = 0; u < kernel; u++) {
      const y = row * stride + u - crop[0][0];
      if (y < 0 || y >= rows) continue;
      const from = patch + u * kernel * outputs;
      const target = to + (y * across + left) * outputs;
      for (let i = first * outputs; i < last * outputs; i++) numbers[target + i] += numbers[from + i];
    }
  }
}
