// Products of matrices of double precision, row by row in flat arrays. Four rows are worked on at a time.

// y (rows x outs) = x (rows x inner) W^T, with W (outs x inner).
export function timesTransposed(x, w, y, rows, inner, outs) {
  for (let row = 0; row < rows; row++) {
    const at = row * inner;
    let out = 0;
    for (; out + 3 < outs; out += 4) {
      const [a, b, c, d] = [out * inner, (out + 1) * inner, (out + 2) * inner, (out + 3) * inner];
      let [p, q, r, s] = [0, 0, 0, 0];
      for (let k = 0; k < inner; k++) {
        const value = x[at + k];
        p += value * w[a + k];
        q += value * w[b + k];
        r += value * w[c + k];
        s += value * w[d + k];
      }
      const to = row * outs + out;
      y[to] = p;
      y[to + 1] = q;
      y[to + 2] = r;
      y[to + 3] = s;
    }
    for (; out < outs; out++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += x[at + k] * w[out * inner + k];
      y[row * outs + out] = sum;
    }
  }
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
  for (; k + 3 < count; k += 4) {
    const first = from + k * step;
    const [p, q] = [factors[first], factors[first + step]];
    const [r, s] = [factors[first + 2 * step], factors[first + 3 * step]];
    const [a, b, c, d] = [k * width, (k + 1) * width, (k + 2) * width, (k + 3) * width];
    for (let i = 0; i < width; i++) {
      to[at + i] += p * matrix[a + i] + q * matrix[b + i] + r * matrix[c + i] + s * matrix[d + i];
    }
  }
  for (; k < count; k++) {
    const factor = factors[from + k * step];
    for (let i = 0; i < width; i++) to[at + i] += factor * matrix[k * width + i];
  }
}
