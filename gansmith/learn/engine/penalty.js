// R1: gamma/2 x the mean over real items of |dD/dx|^2 (Mescheder et al. 2018). Its gradient is a derivative of a derivative.
//
// 1. backward:  s = dD/dy of every layer, down to g = dD/dx, from dD/dD = 1.
// 2. forward:   hold t = gamma/B g fixed, and take it through the layers as a change of x.
// 3. A weight W of y = x W^T multiplies the change that reaches its layer: its gradient is s^T t.
//
// That is all, because the activations are straight on either side of 0; with curved ones the weights would also move the
// places where the activations take their slopes. Biases have no part in it.

// The penalty at the items of the network's last forward pass, `rows` of them. Its gradient is added to `into`.
export function addPenalty(network, weights, rows, gamma, into) {
  const { layers } = network;
  const slopes = [new Float64Array(rows).fill(1)];
  for (let index = layers.length - 1; index >= 0; index--) {
    slopes.unshift(layers[index].backward(slopes[0], weights.of[index], null, "slope"));
  }
  let change = slopes[0].map((slope) => (slope * gamma) / rows);
  layers.forEach((layer, index) => {
    layer.addThroughTangent?.(slopes[index + 1], change, into.of[index]);
    change = layer.tangent(change, weights.of[index]);
  });
  return (gamma / 2 / rows) * slopes[0].reduce((sum, slope) => sum + slope * slope, 0);
}
