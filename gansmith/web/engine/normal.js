// Normal numbers of single precision by the ziggurat with 256 layers (Marsaglia and Tsang 2000), in the order in which
// NumPy takes its random bits, so that both draw the same.

const LAYERS_OF_ZIGGURAT = 256;
const EDGE = 3.6541528853610088; // where the tail begins
const AREA = 0.00492867323399; // of each layer
const STEPS_ACROSS = 2 ** 23; // of a layer

const single = Math.fround;
const density = (x) => Math.exp(-0.5 * x * x);

const { inside, width, height } = tables();

// inside: steps that lie under the curve for sure; width: of a step; height: of the curve at a layer's edge.
function tables() {
  const inside = new Float64Array(LAYERS_OF_ZIGGURAT);
  const width = new Float32Array(LAYERS_OF_ZIGGURAT);
  const height = new Float32Array(LAYERS_OF_ZIGGURAT);
  const last = LAYERS_OF_ZIGGURAT - 1;
  inside[0] = Math.floor(((EDGE * density(EDGE)) / AREA) * STEPS_ACROSS);
  width[0] = AREA / density(EDGE) / STEPS_ACROSS;
  height[0] = 1;
  width[last] = EDGE / STEPS_ACROSS;
  height[last] = density(EDGE);
  let edge = EDGE;
  for (let layer = last - 1; layer > 0; layer--) {
    const x = Math.sqrt(-2 * Math.log(AREA / edge + density(edge)));
    inside[layer + 1] = Math.floor((x / edge) * STEPS_ACROSS);
    width[layer] = x / STEPS_ACROSS;
    height[layer] = density(x);
    edge = x;
  }
  inside[1] = 0;
  return { inside, width, height };
}

// One number of N(0, 1) from a stream.
export function normal(stream) {
  for (;;) {
    const bits = stream.uint32();
    const layer = bits & 255;
    const step = bits >>> 9;
    const size = single(step * width[layer]);
    const x = bits & 256 ? -size : size;
    if (step < inside[layer]) return x;
    if (layer === 0) return tail(stream, step & 256);
    const top = single(height[layer - 1] - height[layer]);
    const y = single(single(top * single(stream.uniform())) + height[layer]);
    if (y < density(x)) return x;
  }
}

function tail(stream, negative) {
  for (;;) {
    const x = single(single(-1 / EDGE) * single(Math.log1p(-stream.uniform())));
    const y = single(-single(Math.log1p(-stream.uniform())));
    if (single(y + y) > single(x * x)) return negative ? -single(single(EDGE) + x) : single(single(EDGE) + x);
  }
}
