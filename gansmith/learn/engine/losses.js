// The losses as functions of one logit v: [loss, dL/dv]. D minimises real + fake, G minimises generator.
//
// p = sigmoid(v) is D's probability that an item is real. Nothing overflows for any v.

export const softplus = (v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))); // log(1 + exp v)
export const sigmoid = (v) => Math.exp(-softplus(-v));

const crossEntropy = (target) => (v) => [softplus(v) - target * v, sigmoid(v) - target];
const halfSquare = (target) => (v) => [((v - target) * (v - target)) / 2, v - target];
const minus = (v) => [-v, -1];

export const LOSSES = {
  "non-saturating": { real: crossEntropy(1), fake: crossEntropy(0), generator: crossEntropy(1) },
  minimax: { real: crossEntropy(1), fake: crossEntropy(0), generator: (v) => [-softplus(v), -sigmoid(v)] },
  "least-squares": { real: halfSquare(1), fake: halfSquare(0), generator: halfSquare(1) },
  hinge: {
    real: (v) => [Math.max(0, 1 - v), v < 1 ? -1 : 0],
    fake: (v) => [Math.max(0, 1 + v), v > -1 ? 1 : 0],
    generator: minus,
  },
  wasserstein: { real: minus, fake: (v) => [v, 1], generator: minus },
};

// D's verdict on a logit as a share, 1 = real: a probability where the loss has one, else where its middle is at 1/2.
export const verdictOf = (loss, v) => (loss === "least-squares" ? Math.min(1, Math.max(0, v)) : sigmoid(v));

// The mean loss over a batch of logits; `gradient` receives dL/dv of each.
export function batchLoss(part, logits, gradient) {
  let sum = 0;
  for (let row = 0; row < logits.length; row++) {
    const [loss, slope] = part(logits[row]);
    sum += loss;
    gradient[row] = slope / logits.length;
  }
  return sum / logits.length;
}
