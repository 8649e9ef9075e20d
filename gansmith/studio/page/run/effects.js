// What a change of settings does to a training, said before it is made.

import { amount } from "../frame/words.js";

// Settings that may change in the middle of a training; after any other it begins again. A test keeps them equal to the
// package's own.
export const IN_FLIGHT = ["optimizer.generator.", "optimizer.discriminator.", "regularizer.", "loss.", "ema.", "augment."];

// "goes back to ..., and trains on from there", of a change of these settings while this is the newest finding.
export function effectOf(keys, finding) {
  if (!keys.every((key) => IN_FLIGHT.some((start) => key.startsWith(start)))) {
    return "begins the training again at update 0, because what it changes was there from the start";
  }
  return finding && finding.severity === "alarm"
    ? `goes back to the newest checkpoint from before update ${amount(finding.since_update)}, where the trouble began (where there is none, to the beginning), and trains on from there`
    : "saves a checkpoint and trains on from it, so that nothing is lost";
}
