// A dense network: layers in a row, and its numbers in one flat array, so that an optimiser needs no loop over layers.

import { Activation, Dense } from "./layers.js";

// plan: {inputs, widths, outputs, leak}. The network holds no weights: each pass is given them.
export class Network {
  constructor(plan) {
    this.plan = plan;
    this.layers = [];
    let inputs = plan.inputs;
    for (const width of plan.widths) {
      this.layers.push(new Dense(inputs, width), new Activation(plan.leak));
      inputs = width;
    }
    this.layers.push(new Dense(inputs, plan.outputs));
  }

  // x (rows x inputs) -> y (rows x outputs), both flat.
  forward(x, weights) {
    return this.layers.reduce((value, layer, index) => layer.forward(value, weights.of[index]), x);
  }

  // dL/dy -> dL/dx. `into` receives dL/dw; null: the weights are frozen. Without `needDx` null comes back.
  backward(dy, weights, into, needDx = true) {
    return this.layers.reduceRight((value, layer, index) => {
      return layer.backward(value, weights.of[index], into && into.of[index], needDx || index ? "dx" : null);
    }, dy);
  }
}

// The numbers of a network: weights, gradients, or an optimiser's memory. `of[i]` has the arrays of layer i as views.
export class Numbers {
  constructor(network) {
    const sizes = network.layers.map((layer) => (layer.inputs ? [layer.inputs * layer.outputs, layer.outputs] : [0, 0]));
    this.flat = new Float64Array(sizes.flat().reduce((sum, size) => sum + size, 0));
    let start = 0;
    const view = (size) => this.flat.subarray(start, (start += size));
    this.of = sizes.map(([weight, bias]) => ({ weight: view(weight), bias: view(bias) }));
  }
}

// Initial weights and biases from U(-1/sqrt(inputs), 1/sqrt(inputs)), PyTorch's default, of single precision.
export function initialise(network, numbers, stream) {
  network.layers.forEach(({ inputs }, index) => {
    if (!inputs) return;
    const bound = 1 / Math.sqrt(inputs);
    for (const array of Object.values(numbers.of[index])) {
      for (let at = 0; at < array.length; at++) array[at] = Math.fround(-bound + 2 * bound * stream.fine());
    }
  });
}
