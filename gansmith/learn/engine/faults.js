// Mistakes that the five articles make or warn of. A game asks `fault.…` where a right one would do something else.
//
// movesD: D's own turn moves D.  movesDToo: G's turn moves D towards calling its items real.  hint: a factor on the
// gradient that D sends to G.  rate: a factor on both learning rates after the first update.

const RIGHT = { movesD: true, movesDToo: false, hint: 1, rate: 1 };

export const FAULTS = {
  none: { ...RIGHT, title: "None" },
  "never-frozen": { ...RIGHT, movesDToo: true, title: "D is never frozen" },
  "never-trained": { ...RIGHT, movesD: false, title: "D is never trained" },
  labels: { ...RIGHT, hint: 0, title: "Labels as feedback" },
  "dropped-rate": { ...RIGHT, rate: 0.01, title: "Rate dropped" },
};
