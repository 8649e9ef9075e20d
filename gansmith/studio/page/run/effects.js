// What a change of settings does to a training, said before it is made.

// Settings that may change in the middle of a training; after any other it begins again. A test keeps them equal to the
// package's own.
export const IN_FLIGHT = ["optimizer.generator.", "optimizer.discriminator.", "regularizer.", "loss.", "ema.", "augment."];

export function goesOn(keys) {
  return keys.every((key) => IN_FLIGHT.some((start) => key.startsWith(start)));
}

// "goes back to ..., and trains on from there", of a change of these settings.
export function effectOf(keys) {
  return goesOn(keys)
    ? "goes back to the newest healthy checkpoint, and trains on from there; updates after it are made again"
    : "begins the training again at update 0, because what it changes was there from the start";
}
