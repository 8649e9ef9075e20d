// Layers that move numbers, or put the class beside them. Records have a plan's shapes, [channels, height, width]; here
// channels come last.

import { size } from "./products.js";

const channelsLast = (shape) => (shape.length === 3 ? [shape[1], shape[2], shape[0]] : shape);

// A picture's numbers between [height, width, channels] and the order of a vector, channels first.
function turn(numbers, from, to, [height, width, channels], intoVector) {
  const pixels = height * width;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < channels; c++) {
      const last = pixel * channels + c;
      const first = c * pixels + pixel;
      if (intoVector) numbers[to + first] = numbers[from + last];
      else numbers[to + last] = numbers[from + first];
    }
  }
}

export class Reshape {
  constructor(record, renderer) {
    this.heap = renderer.heap;
    this.shape = channelsLast(record.shape);
  }

  run(x) {
    const vector = x.shape.length === 3 ? this.#moved(x, x.shape, true) : x;
    const y = this.shape.length === 3 ? this.#moved(vector, this.shape, false) : vector;
    return { at: y.at, batch: x.batch, shape: this.shape };
  }

  #moved(x, picture, intoVector) {
    const each = size(picture);
    const at = this.heap.take(x.batch * each);
    for (let item = 0; item < x.batch; item++) {
      turn(this.heap.numbers, x.at + item * each, at + item * each, picture, intoVector);
    }
    return { at, batch: x.batch, shape: x.shape };
  }
}

// What every StyledNorm after it gets: the style of each item, which it keeps for this pass.
export class Style {
  constructor(record, renderer) {
    this.renderer = renderer;
  }

  run(x) {
    const { heap } = this.renderer;
    const count = x.batch * size(x.shape);
    this.renderer.styles = heap.take(count);
    heap.numbers.copyWithin(this.renderer.styles, x.at, x.at + count);
    return x;
  }
}

// The one-hot class behind a vector's numbers, or behind the channels of every pixel.
export class ConcatLabels {
  constructor(record, renderer) {
    this.heap = renderer.heap;
    this.classes = record.classes;
  }

  run(x, labels) {
    const inner = x.shape[x.shape.length - 1];
    const outer = size(x.shape) / inner;
    const width = inner + this.classes;
    const at = this.heap.take(x.batch * outer * width);
    const { numbers } = this.heap;
    numbers.fill(0, at, at + x.batch * outer * width);
    for (let row = 0; row < x.batch * outer; row++) {
      numbers.copyWithin(at + row * width, x.at + row * inner, x.at + (row + 1) * inner);
      numbers[at + row * width + inner + labels[Math.floor(row / outer)]] = 1;
    }
    return { at, batch: x.batch, shape: [...x.shape.slice(0, -1), width] };
  }
}

// Every pixel becomes factor x factor pixels; what is beyond `size` is cut off.
export class Upsample {
  constructor(record, renderer) {
    this.heap = renderer.heap;
    this.factor = record.factor;
    this.size = record.size;
  }

  run(x) {
    const [height, width, channels] = x.shape;
    const [rows, across] = this.size;
    const at = this.heap.take(x.batch * rows * across * channels);
    const { numbers } = this.heap;
    for (let row = 0; row < x.batch * rows; row++) {
      const line = Math.floor(row / rows) * height + Math.floor((row % rows) / this.factor);
      for (let column = 0; column < across; column++) {
        const from = x.at + (line * width + Math.floor(column / this.factor)) * channels;
        numbers.copyWithin(at + (row * across + column) * channels, from, from + channels);
      }
    }
    return { at, batch: x.batch, shape: [rows, across, channels] };
  }
}

// Channels become pixels: channel (c f + u) f + v of a pixel is channel c of the pixel u down and v to the right.
export class ToPixels {
  constructor(record, renderer) {
    this.heap = renderer.heap;
    this.factor = record.factor;
  }

  run(x) {
    const f = this.factor;
    const [height, width, inner] = x.shape;
    const channels = inner / (f * f);
    const at = this.heap.take(x.batch * height * width * inner);
    const { numbers } = this.heap;
    const across = width * f * channels; // numbers in a line of the result
    for (let line = 0; line < x.batch * height; line++) {
      for (let column = 0; column < width; column++) {
        let from = x.at + (line * width + column) * inner;
        const corner = at + line * f * across + column * f * channels;
        for (let c = 0; c < channels; c++) {
          for (let u = 0; u < f; u++) {
            for (let v = 0; v < f; v++) numbers[corner + u * across + v * channels + c] = numbers[from++];
          }
        }
      }
    }
    return { at, batch: x.batch, shape: [height * f, width * f, channels] };
  }
}
