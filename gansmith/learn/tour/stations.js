// The eight stations: what the page shows, what to look at, and what to try.
//
// data, a, b: settings that differ from the defaults; both: two sides; layers: what is drawn. An action is a title and
// what it does: {play}, {turn, times}, {seed}, {fault}, {slow}, {gather}.

const BARE = { real: true, made: true, arrows: false, grid: false, background: "none" };
const MISTAKES = ["never-frozen", "never-trained", "labels", "dropped-rate"];

export const STATIONS = [
  {
    title: "Points out of noise",
    data: "hill",
    layers: { ...BARE, grid: true },
    text:
      "The blue hill shows where real points lie. G never sees it. G is given random numbers, and bends and shifts them " +
      "into points: the orange hill. G has learned nothing yet, so its hill lies anywhere, and is so narrow that its top " +
      "does not fit the picture.",
    look: "The orange lines below. Each leads from a random number to the point that G makes of it.",
    try: "Another seed is another G at its start. Where does its hill lie?",
    actions: [["Another seed", { seed: true }]],
  },
  {
    title: "A judge learns alone",
    data: "hill",
    a: { gamma: 0, rateD: 5e-3 },
    layers: { ...BARE, background: "both" },
    text:
      "D looks at a point and says how sure it is that the point is real: 1 is surely real, 0 surely generated. The solid " +
      "black curve is this verdict at every place. The dashed curve is the best that any judge could do, " +
      "p / (p + q): the share of real points (p) among all points at that place, generated ones (q) included.",
    look: "D begins flat, near 1/2: it knows nothing.",
    try:
      "Let D take steps while G stands still. Where there are points, the solid curve comes to lie on the dashed one; " +
      "elsewhere nobody has asked D.",
    actions: [["20 steps of D", { turn: "turnOfD", times: 20 }], ["300 steps of D", { turn: "turnOfD", times: 300 }]],
  },
  {
    title: "The hint",
    data: "hill",
    layers: { ...BARE, background: "verdict", arrows: true },
    begin: { turn: "turnOfD", times: 200 },
    text:
      "D has learned, and G may now ask: which way should this point go to look more real? The answer is the slope of D's " +
      "verdict, sent back through D. It is all that G ever learns of the data.",
    look: "The arrows. They lead from the orange points uphill on D's curve. Where that is flat they are short.",
    try: "Let G take steps. Its points follow the arrows, even too far: D stands still and does not warn.",
    actions: [["One step of G", { turn: "turnOfG", times: 1 }], ["50 steps of G", { turn: "turnOfG", times: 50 }]],
  },
  {
    title: "Taking turns",
    data: "hill",
    a: { gamma: 0.03, rateD: 1e-2, rateG: 1e-3 },
    layers: { ...BARE, background: "both", arrows: true, grid: true },
    text:
      "Now both play: one step of D, one step of G, and again. That is an update. D learns the newest tricks of G, and G " +
      "gets fresh hints. In the end the hills agree, and D's curve lies at 1/2 where points are: it can no longer tell.",
    look: "The orange hill, and the verdicts at the bottom of the page: both end at 1/2.",
    try: "Play for a moment. Then watch the next updates in slow motion, part by part.",
    actions: [["Play", { play: true }], ["Slow motion", { slow: true }]],
  },
  {
    title: "Eight heaps",
    data: "ring",
    layers: { ...BARE, background: "verdict", grid: true },
    text:
      "The same game in the plane. Real points lie in eight heaps. Where the ground is blue D says “real”, where it is " +
      "orange “generated”. The orange net is a sheet of random numbers, carried into the plane by G.",
    look: "The sheet. It unfolds, and is pulled thin between the heaps: there G spends few points.",
    try: "Play until all eight heaps are found. Then choose “best verdict” as background.",
    actions: [["Play", { play: true }]],
  },
  {
    title: "All on one heap",
    data: "ring",
    both: true,
    layers: { ...BARE, background: "verdict", arrows: true },
    b: { gamma: 0, turnsG: 5 },
    text:
      "Two games from one seed. Side A keeps the rules you know. On side B, G takes five steps for each step of D, and " +
      "nothing keeps D gentle (no R1 penalty). B's G runs with all its points to the place that D believes in just now, " +
      "long before D can object. This is called mode collapse.",
    look: "How many heaps each side has found. B's points stay together, and wander from one heap to the next.",
    try: "Play. Then change one rule of side B at a time: steps of G and D, R1 penalty, learning rates, the loss.",
    actions: [["Play", { play: true }]],
  },
  {
    title: "Four ways to break it",
    data: "ring",
    layers: { ...BARE, background: "verdict", arrows: true },
    text:
      "Each of these mistakes has been published in a tutorial or warned of. Not one of them stops with an error. One of " +
      "them even makes G's loss look splendid.",
    look: "The losses below, beside the points: a small loss of G says only that this D is content.",
    try: "Choose a mistake; the game restarts with it. What you see is explained below the picture.",
    actions: MISTAKES.map((fault) => [fault, { fault }]),
  },
  {
    title: "Steering by arithmetic",
    data: "strokes",
    layers: BARE,
    text:
      "Here a point is a pen stroke: its two numbers are how far it leans and how thick it is. Once G makes good strokes, " +
      "its random numbers can be steered. Gather those of strokes that look alike, and average them: that is a style. " +
      "Styles can be scaled and added like numbers.",
    look: "At 0 all four styles are one and the same stroke. Below 0 each becomes its opposite.",
    try: "Train G, gather the styles, move the slider, and add two styles. Can you make thick of thin?",
    actions: [["Train G", { train: 600 }], ["Gather styles", { gather: true }]],
  },
];
