// R1: gamma/2 x the mean over real items of |dD/dx|^2 (Mescheder et al. 2018). Its gradient is a derivative of a derivative.
//
// 1. backward:  s = dD/dy of every layer, down to g = dD/dx, from dD/dD = 1.
// 2. forward:   hold t = gamma/B g fixed, and take it through the layers as a change of x.
// 3. backward:  through pass 2: a weight multiplies the change (s^T t), and shapes the x at which later activations take
//               their derivative (d^T x).

// The penalty at the items of the network's last forward pass, B of them. `into` receives its gradient.
export function addPenalty(network, weights, rows, gamma, into) {
  const { layers } = network;
  const slopes = [new Float64Array(rows).fill(1)];
  for (let index = layers.length - 1; index >= 0; index--) {
    slopes.unshift(layers[index].backward(slopes[0], weights.of[index], null, "slope"));
  }
  const changes = [slopes[0].map((slope) => (slope * gamma) / rows)];
  layers.forEach((layer, index) => changes.push(layer.tangent(changes[index], weights.of[index])));
  let d = new Float64Array(rows);
  for (let index = layers.length - 1; index >= 0; index--) {
    const [s, t] = [slopes[index + 1], changes[index]];
    d = layers[index].backwardThroughTangent(s, t, d, weights.of[index], into.of[index]);
  }
  return (gamma / 2 / rows) * slopes[0].reduce((sum, slope) => sum + slope * slope, 0);
}
