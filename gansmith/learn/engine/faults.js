// Mistakes that the five articles make or warn of. A game asks `fault.…` where a right one would do something else.
//
// movesD: D's own turn moves D.  movesDToo: G's turn moves D towards calling its items real.  hint: a factor on the
// gradient that D sends to G.  rate: a factor on both learning rates after the first update.

const RIGHT = { movesD: true, movesDToo: false, hint: 1, rate: 1 };

export const FAULTS = {
  none: { ...RIGHT, title: "None", told: "" },
  "never-frozen": {
    ...RIGHT,
    movesDToo: true,
    title: "D is never frozen",
    told:
      "G's turn moves D as well, towards calling generated points real. D is bribed as fast as it learns, so its hints " +
      "lead nowhere: the orange points wander off and leave the picture.",
  },
  "never-trained": {
    ...RIGHT,
    movesD: false,
    title: "D is never trained",
    told:
      "D keeps its first, random weights. G runs to wherever this D happens to say “real”, out of the picture. G's loss " +
      "falls all the way, as in a success.",
  },
  labels: {
    ...RIGHT,
    hint: 0,
    title: "Labels as feedback",
    told:
      "G is told D's verdicts as plain numbers. A number does not say which way to go: there are no arrows, and G never " +
      "moves, while D becomes sure.",
  },
  "dropped-rate": {
    ...RIGHT,
    rate: 0.01,
    title: "Rate dropped",
    told:
      "After the first update both learning rates are a hundredth. Nothing is wrong with the game, but it stands almost " +
      "still: what you see is the start.",
  },
};
