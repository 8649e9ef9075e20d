// The arrays of a generator: out of the bytes that came with the page, into panels for the kernel.

import { WIDTH } from "./kernel.js";

// How numbers are written: "fp32", "fp16", or "int8", where every column has a scale. The first bytes of all numbers come
// first, then the second ones, and so on. Plain loops: a function for each of a million numbers would take a second.
const READERS = {
  fp32: (bytes, count) => {
    const whole = new Uint8Array(4 * count);
    for (let i = 0; i < count; i++) {
      for (let plane = 0; plane < 4; plane++) whole[4 * i + plane] = bytes[plane * count + i];
    }
    return new Float32Array(whole.buffer);
  },
  fp16: (bytes, count) => {
    const table = halves();
    const numbers = new Float32Array(count);
    for (let i = 0; i < count; i++) numbers[i] = table[bytes[i] | (bytes[count + i] << 8)];
    return numbers;
  },
  int8: (bytes, count, columns) => {
    const scales = READERS.fp32(bytes.subarray(count), columns);
    const numbers = new Float32Array(count);
    for (let i = 0; i < count; i += columns) {
      for (let column = 0; column < columns; column++) {
        numbers[i + column] = ((bytes[i + column] << 24) >> 24) * scales[column]; // with its sign
      }
    }
    return numbers;
  },
};

// An array {format, at, shape} of `bytes`, row by row.
export function readArray({ format, at, shape }, bytes) {
  const count = shape.reduce((product, side) => product * side, 1);
  return READERS[format](bytes.subarray(at), count, shape[shape.length - 1]);
}

let known = null;

// The value of each of the 65,536 half-precision numbers.
function halves() {
  if (known) return known;
  known = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size =
      exponent === 31 ? (fraction ? NaN : Infinity)
      : exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024)
      : 2 ** -14 * (fraction / 1024);
    known[bits] = bits & 32768 ? -size : size;
  }
  return known;
}

// A matrix (depth x columns) and a bias on the heap, as kernel.wat wants them; what is beyond the last column is 0.
export class Panels {
  constructor(heap, matrix, bias, columns) {
    const depth = matrix.length / columns;
    this.columns = columns;
    this.count = Math.ceil(columns / WIDTH);
    this.width = this.count * WIDTH;
    this.matrix = heap.take(depth * this.width);
    this.bias = heap.take(this.width);
    const numbers = heap.numbers;
    numbers.fill(0, this.bias, this.bias + this.width);
    if (bias) numbers.set(bias, this.bias);
    let to = this.matrix;
    for (let first = 0; first < columns; first += WIDTH) {
      const last = Math.min(WIDTH, columns - first);
      for (let from = first; from < matrix.length; from += columns, to += WIDTH) {
        for (let c = 0; c < WIDTH; c++) numbers[to + c] = c < last ? matrix[from + c] : 0;
      }
    }
  }
}
