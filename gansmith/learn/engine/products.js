// Products of matrices of double precision, row by row in flat arrays. Blocks of numbers are worked on at a time, so that
// each number that is read is used more than once.

// y (rows x outs) = x (rows x inner) W^T, with W (outs x inner).
export function timesTransposed(x, w, y, rows, inner, outs) {
  const even = rows - (rows % 2);
  const fours = outs - (outs % 4);
  for (let row = 0; row < even; row += 2) {
    for (let out = 0; out < fours; out += 4) blockOfEight(x, w, y, row, out, inner, outs);
    for (let out = fours; out < outs; out++) {
      y[row * outs + out] = oneProduct(x, w, row, out, inner);
      y[(row + 1) * outs + out] = oneProduct(x, w, row + 1, out, inner);
    }
  }
  for (let row = even; row < rows; row++) {
    for (let out = 0; out < outs; out++) y[row * outs + out] = oneProduct(x, w, row, out, inner);
  }
}

// Two rows of y, four numbers of each.
function blockOfEight(x, w, y, row, out, inner, outs) {
  const at = row * inner;
  const next = at + inner;
  const a = out * inner;
  const b = a + inner;
  const c = b + inner;
  const d = c + inner;
  let a0 = 0, b0 = 0, c0 = 0, d0 = 0, a1 = 0, b1 = 0, c1 = 0, d1 = 0;
  for (let k = 0; k < inner; k++) {
    const p = x[at + k];
    const q = x[next + k];
    const wa = w[a + k], wb = w[b + k], wc = w[c + k], wd = w[d + k];
    a0 += p * wa;
    b0 += p * wb;
    c0 += p * wc;
    d0 += p * wd;
    a1 += q * wa;
    b1 += q * wb;
    c1 += q * wc;
    d1 += q * wd;
  }
  const to = row * outs + out;
  const below = to + outs;
  y[to] = a0;
  y[to + 1] = b0;
  y[to + 2] = c0;
  y[to + 3] = d0;
  y[below] = a1;
  y[below + 1] = b1;
  y[below + 2] = c1;
  y[below + 3] = d1;
}

function oneProduct(x, w, row, out, inner) {
  let sum = 0;
  for (let k = 0; k < inner; k++) sum += x[row * inner + k] * w[out * inner + k];
  return sum;
}

// dx (rows x inner) = dy (rows x outs) W.
export function times(dy, w, dx, rows, inner, outs) {
  dx.fill(0);
  for (let row = 0; row < rows; row++) addRows(dy, row * outs, 1, outs, w, dx, row * inner, inner);
}

// dW (outs x inner) += dy^T (outs x rows) x (rows x inner).
export function addTransposedTimes(dy, x, dw, rows, inner, outs) {
  for (let out = 0; out < outs; out++) addRows(dy, out, outs, rows, x, dw, out * inner, inner);
}

// to[at ..] += the sum over k of factors[from + k step] x row k of `matrix`.
function addRows(factors, from, step, count, matrix, to, at, width) {
  let k = 0;
  for (; k + 7 < count; k += 8) {
    const first = from + k * step;
    const p0 = factors[first], p1 = factors[first + step], p2 = factors[first + 2 * step], p3 = factors[first + 3 * step];
    const rest = first + 4 * step;
    const p4 = factors[rest], p5 = factors[rest + step], p6 = factors[rest + 2 * step], p7 = factors[rest + 3 * step];
    for (let i = 0, row = k * width; i < width; i++, row++) {
      to[at + i] +=
        p0 * matrix[row] + p1 * matrix[row + width] + p2 * matrix[row + 2 * width] + p3 * matrix[row + 3 * width] +
        p4 * matrix[row + 4 * width] + p5 * matrix[row + 5 * width] + p6 * matrix[row + 6 * width] + p7 * matrix[row + 7 * width];
    }
  }
  for (; k < count; k++) {
    const factor = factors[from + k * step];
    for (let i = 0; i < width; i++) to[at + i] += factor * matrix[k * width + i];
  }
}
