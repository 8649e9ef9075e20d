// The table of layers. Each is made from a record of the model and the renderer, and run(x, labels) makes y from x.
//
// x and y are {at, batch, shape}: numbers on the heap, `shape` [features] or [height, width, channels]. A layer may write
// over x. `labels` holds the class of each item.

import { Activation, BatchNorm, ConditionalBatchNorm, StyledNorm } from "./elementwise.js";
import { Conv, ConvTranspose, Linear, size } from "./products.js";
import { ConcatLabels, Reshape, Style, ToPixels, Upsample } from "./shapes.js";

export const build = (records, renderer) => records.map((record) => new LAYERS[record.kind](record, renderer));

export const through = (layers, x, labels) => layers.reduce((y, layer) => layer.run(y, labels), x);

// shortcut(x) + scale x body(x).
class Residual {
  constructor(record, renderer) {
    this.heap = renderer.heap;
    this.scale = record.scale;
    this.body = build(record.body, renderer);
    this.shortcut = build(record.shortcut, renderer);
  }

  run(x, labels) {
    const count = x.batch * size(x.shape);
    const copy = this.heap.take(count);
    this.heap.numbers.copyWithin(copy, x.at, x.at + count);
    const body = through(this.body, { ...x, at: copy }, labels);
    const y = through(this.shortcut, x, labels);
    const { numbers } = this.heap;
    const total = y.batch * size(y.shape);
    for (let i = 0; i < total; i++) numbers[y.at + i] += this.scale * numbers[body.at + i];
    return y;
  }
}

export const LAYERS = {
  Activation,
  BatchNorm,
  ConcatLabels,
  ConditionalBatchNorm,
  Conv,
  ConvTranspose,
  Linear,
  Reshape,
  Residual,
  Style,
  StyledNorm,
  ToPixels,
  Upsample,
};
