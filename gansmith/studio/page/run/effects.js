// What a change of settings does to a training, said before it is made.

import { amount, writtenValue } from "../frame/words.js";

// Settings that may change in the middle of a training; after any other it begins again. A test keeps them equal to the
// package's own.
export const IN_FLIGHT = ["optimizer.generator.", "optimizer.discriminator.", "regularizer.", "loss.", "ema.", "augment."];

// "goes back to ..., and trains on from there", of settings by key while this is the newest finding. `last`: the newest
// row of changes.jsonl, if any.
export function effectOf(settings, finding, last) {
  if (beginsAgain(settings)) {
    return "begins the training again at update 0, because what it changes was there from the start: its checkpoints are removed";
  }
  if (takesBack(settings, last)) {
    return `takes the last change back: it goes back to update ${amount(last.back_to)}, where that was made, and all that was learnt since is removed`;
  }
  return finding && finding.severity === "alarm"
    ? `goes back to the newest checkpoint from before update ${amount(finding.since_update)}, where the trouble began (where there is none, to the beginning), and trains on from there`
    : "saves a checkpoint and trains on from it, so that nothing is lost";
}

// What to ask before settings are changed by which learnt weights are lost: {words, yes}; null where none are. `run`: as
// the server tells of it, with its changes and checkpoints.
export function questionOf(settings, finding, { changes, checkpoints }) {
  const last = changes.at(-1);
  if (beginsAgain(settings)) {
    return { words: "All that this training has learnt is lost, and its checkpoints are removed. Begin again at update 0?", yes: "Begin again" };
  }
  if (takesBack(settings, last)) {
    return { words: `What was learnt since update ${amount(last.back_to)} is lost. Take the change back?`, yes: "Take it back" };
  }
  const since = finding?.severity === "alarm" ? finding.since_update : Infinity;
  if (since < Infinity && !checkpoints.some((update) => update < since)) {
    return { words: `There is no checkpoint from before update ${amount(since)}, where the trouble began: what was learnt is lost. Begin again at update 0?`, yes: "Begin again" };
  }
  return null;
}

// The settings that take the newest of these changes back to the same bits ({key: old value}); null where a person made
// none, or it was taken back already.
export function wayBack(changes) {
  const [before, last] = [changes.at(-2), changes.at(-1)];
  if (!last || last.by !== "user" || beginsAgain(last.change)) return null;
  const old = Object.fromEntries(Object.entries(last.change).map(([key, [from]]) => [key, from]));
  const now = Object.fromEntries(Object.entries(last.change).map(([key, [, to]]) => [key, to]));
  return takesBack(now, before) ? null : old;
}

export function beginsAgain(settings) {
  return !Object.keys(settings).every((key) => IN_FLIGHT.some((start) => key.startsWith(start)));
}

// Whether these settings have the old values of the last change, and of nothing else.
function takesBack(settings, last) {
  const pairs = Object.entries((last && last.change) || {});
  const isOld = ([key, [old]]) => key in settings && isSame(writtenValue(settings[key]), writtenValue(old));
  return pairs.length > 0 && pairs.length === Object.keys(settings).length && pairs.every(isOld);
}

// Whether two texts are one value: 2e-3 is 0.002.
function isSame(one, other) {
  return one === other || (one !== "" && other !== "" && Number(one) === Number(other));
}
