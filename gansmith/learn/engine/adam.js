// Adam (Kingma and Ba 2015), as PyTorch and the NumPy engine compute it.

export const ADAM = { beta1: 0, beta2: 0.99, epsilon: 1e-8 };

export class Adam {
  // size: of the flat arrays of weights and gradients.
  constructor(size, settings = ADAM) {
    Object.assign(this, { settings, steps: 0, first: new Float64Array(size), second: new Float64Array(size) });
  }

  // m += (1 - beta1)(g - m);  v += (1 - beta2)(g^2 - v);  w -= rate m' / (sqrt(v') + epsilon).
  step(weights, gradient, rate) {
    const { beta1, beta2, epsilon } = this.settings;
    this.steps += 1;
    const root = Math.sqrt(1 - beta2 ** this.steps);
    const pace = (rate * root) / (1 - beta1 ** this.steps);
    for (let at = 0; at < weights.length; at++) {
      const g = gradient[at];
      this.first[at] += (1 - beta1) * (g - this.first[at]);
      this.second[at] = this.second[at] * beta2 + (1 - beta2) * g * g;
      weights[at] -= (pace * this.first[at]) / (Math.sqrt(this.second[at]) + epsilon * root);
    }
  }
}
