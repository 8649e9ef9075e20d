// The arrays of a generator: out of the bytes that came with the page, into panels for the kernel.

import { WIDTH } from "./kernel.js";

// How numbers are written: "fp32", "fp16", or "int8", where every column has a scale. Plain loops: a function for each of a
// million numbers would take a second.
const READERS = {
  fp32: (bytes, at, count) => new Float32Array(bytes.buffer, bytes.byteOffset + at, count).slice(),
  fp16: (bytes, at, count) => {
    const table = halves();
    const written = new Uint16Array(bytes.buffer, bytes.byteOffset + at, count);
    const numbers = new Float32Array(count);
    for (let i = 0; i < count; i++) numbers[i] = table[written[i]];
    return numbers;
  },
  int8: (bytes, at, count, columns) => {
    const written = new Int8Array(bytes.buffer, bytes.byteOffset + at, count);
    const scales = new Float32Array(bytes.buffer, bytes.byteOffset + at + ((count + 3) & ~3), columns);
    const numbers = new Float32Array(count);
    for (let i = 0; i < count; i += columns) {
      for (let column = 0; column < columns; column++) numbers[i + column] = written[i + column] * scales[column];
    }
    return numbers;
  },
};

// An array {format, at, shape} of `bytes`, row by row.
export function readArray({ format, at, shape }, bytes) {
  const count = shape.reduce((product, side) => product * side, 1);
  return READERS[format](bytes, at, count, shape[shape.length - 1]);
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
