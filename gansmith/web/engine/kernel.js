// The matrix product of all layers: in WebAssembly where there is SIMD, else in plain JavaScript. kernel.wat says what it
// computes. Addresses and strides here count numbers, not bytes; `heap` holds them all.

export const WIDTH = 8; // columns of a panel

// A function multiply(a, b, bias, c, rows, depth, panels, aStride, cStride, segments, pitch) on a heap.
export function kernelFor(heap, bytes) {
  return (bytes && heap.memory && inWebAssembly(heap, bytes)) || inJavaScript(heap);
}

function inWebAssembly(heap, bytes) {
  let compiled;
  try {
    compiled = new WebAssembly.Instance(new WebAssembly.Module(bytes), { heap: { memory: heap.memory } });
  } catch {
    return null; // no SIMD in this browser, or WebAssembly is forbidden here
  }
  const run = compiled.exports.multiply;
  return (a, b, bias, c, rows, depth, panels, aStride, cStride, segments = 1, pitch = depth) =>
    run(a << 2, b << 2, bias << 2, c << 2, rows, depth, panels, aStride << 2, cStride << 2, segments, pitch << 2);
}

// Every column's sum is kept in a variable of its own: an array of sums would be several times slower.
function inJavaScript(heap) {
  return (a, b, bias, c, rows, depth, panels, aStride, cStride, segments = 1, pitch = depth) => {
    const n = heap.numbers;
    for (let panel = 0; panel < panels; panel++) {
      const first = b + panel * depth * segments * WIDTH;
      const start = bias + panel * WIDTH;
      for (let row = 0; row < rows; row++) {
        let s0 = n[start], s1 = n[start + 1], s2 = n[start + 2], s3 = n[start + 3];
        let s4 = n[start + 4], s5 = n[start + 5], s6 = n[start + 6], s7 = n[start + 7];
        let w = first;
        for (let segment = 0; segment < segments; segment++) {
          const from = a + row * aStride + segment * pitch;
          for (let k = from; k < from + depth; k++, w += WIDTH) {
            const x = n[k];
            s0 += x * n[w];
            s1 += x * n[w + 1];
            s2 += x * n[w + 2];
            s3 += x * n[w + 3];
            s4 += x * n[w + 4];
            s5 += x * n[w + 5];
            s6 += x * n[w + 6];
            s7 += x * n[w + 7];
          }
        }
        const to = c + row * cStride + panel * WIDTH;
        n[to] = s0;
        n[to + 1] = s1;
        n[to + 2] = s2;
        n[to + 3] = s3;
        n[to + 4] = s4;
        n[to + 5] = s5;
        n[to + 6] = s6;
        n[to + 7] = s7;
      }
    }
  };
}
