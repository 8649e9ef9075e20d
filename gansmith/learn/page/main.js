// The page: its state, the two sides, and what every control does.

import { readColours } from "../drawing/colours.js";
import { Curves } from "../drawing/curves.js";
import { light } from "../drawing/diagram.js";
import { DISTRIBUTIONS } from "../engine/mixtures.js";
import { STATIONS } from "../tour/stations.js";
import { makeTour } from "../tour/tour.js";
import { savePage, savedGame } from "./copies.js";
import { makeEditor } from "./editor.js";
import { Match } from "./match.js";
import { byId, fill, make, pressed, when } from "./parts.js";
import { makeRules, showRules } from "./rules.js";
import { fresh, fromHash, toHash } from "./state.js";
import { PARTS, Transport } from "./transport.js";
import { makeWorkshop } from "./workshop.js";

const BACKGROUNDS = {
  2: { verdict: "D's verdict", best: "best verdict p/(p+q)", p: "where real points are", q: "where generated points are", none: "none" },
  1: { both: "D's verdict and the best", verdict: "D's verdict", best: "best verdict p/(p+q)", none: "none" },
};
const LEGENDS = {
  2: {
    verdict: "Ground: where D says “real” it is blue, where it says “generated” orange, where it cannot tell grey.",
    best: "Ground: the best possible verdict, p / (p + q). p and q are the densities of real and generated points.",
    p: "Ground: the density of the real points.",
    q: "Ground: the density of the generated points.",
    none: "",
  },
  1: {
    both: "Black: D's verdict, from 0 (generated) to 1 (real). Dashed: the best possible verdict, p / (p + q).",
    verdict: "Black: D's verdict, from 0 (generated) to 1 (real).",
    best: "Dashed: the best possible verdict, p / (p + q), from 0 (generated) to 1 (real).",
    none: "",
  },
};

let state = fromHash(location.hash || savedGame());
let editing = "a";
let layers = { ...STATIONS[0].layers };
const sides = { a: new Match(byId("side-a")), b: new Match(byId("side-b")) };
const shown = () => (state.both ? [sides.a, sides.b] : [sides.a]);
const dim = () => sides.a.game.dim;

const curves = makeCurves();
const transport = new Transport({ matches: shown, draw: drawAll, changed: showTransport });
const workshop = makeWorkshop(() => sides.a.view);
const editor = makeEditor(() => state, (data) => setData(data));
const showStation = makeTour(goTo, act);
makeRules(() => state[editing], ruleChanged);

// ---- drawing

function makeCurves() {
  const losses = [["lossD", "accent", []], ["lossG", "made", []]];
  const verdicts = [["real", "real", []], ["fake", "made", []]];
  const place = (title, label) => {
    const canvas = make("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    byId("curves").append(make("figure", {}, make("figcaption", { className: "small" }, title), canvas));
    return canvas;
  };
  const key = (...parts) => {
    const made = parts.map(([name, words]) => make("span", { className: name, textContent: words }));
    return make("span", { className: "row" }, ...made);
  };
  return [
    new Curves(place(key(["d-loss", "— D's loss"], ["made", "— G's loss"]), "Losses of D and G"), losses, 0, 1.5, [0, 1]),
    new Curves(place(key(["real", "— on real points"], ["made", "— on generated points"]), "D's verdicts"), verdicts, 0, 1, [0, 0.5, 1]),
  ];
}

function drawAll(part = transport.part) {
  for (const match of shown()) match.draw(layers, part);
  for (const curve of curves) curve.draw(sides[editing].history);
  light(byId("diagram"), part);
  byId("part").textContent = part ? PARTS[part] : "Press Play, or “Next part” for one part at a time.";
}

function showTransport() {
  const { playing, slow } = transport;
  byId("play").textContent = playing ? "Pause" : "Play";
  byId("one").textContent = slow ? "Next part" : "One update";
  pressed(byId("slow"), slow);
  byId("diagram-part").hidden = !slow;
  document.body.classList.toggle("slow", slow);
  const says = shown().map((match, k) => `${state.both ? `${"AB"[k]}: ` : ""}${match.told.textContent}`);
  byId("message").textContent = playing || slow || !sides.a.game.g.steps ? "" : `Paused. ${says.join(". ")}.`;
}

// ---- state

// Both games at update 0.
function begin() {
  for (const [name, match] of Object.entries(sides)) match.restart(state, state[name]);
  workshop.show(state.data === "strokes" && sides.a.game.latent === 2); // latents are places in a plane there
  showLayers();
  transport.rewind();
}

function remember() {
  const text = toHash(state);
  history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}

// Show the whole state in the controls.
function showState() {
  remember();
  byId("side-b").hidden = !state.both;
  byId("boards").classList.toggle("two", state.both);
  byId("both").checked = state.both;
  byId("sides").hidden = !state.both;
  if (!state.both) editing = "a";
  for (const side of ["a", "b"]) pressed(byId(`edit-${side}`), side === editing);
  showRules(state[editing]);
  byId("curves-side").textContent = state.both ? `: side ${editing.toUpperCase()}` : "";
  byId("seed").value = state.seed;
  const own = [["own-line", "Your line"], ["own-plane", "Your plane"]];
  fill(byId("data"), [...Object.entries(DISTRIBUTIONS).map(([name, { title }]) => [name, title]), ...own], state.data);
}

function showLayers() {
  const names = BACKGROUNDS[dim()];
  if (!names[layers.background]) layers.background = dim() === 1 ? "both" : "verdict";
  fill(byId("background"), Object.entries(names), layers.background);
  for (const box of byId("layers").querySelectorAll("input")) box.checked = layers[box.name];
  byId("legend").textContent = LEGENDS[dim()][layers.background];
}

function restart() {
  showState();
  begin();
}

function setData(data) {
  transport.play(false);
  state.data = data;
  restart();
}

function ruleChanged(key, restarts) {
  showRules(state[editing]);
  remember();
  if (restarts) begin();
  else drawAll();
}

// ---- the tour

function goTo(number) {
  const { seed, line, plane } = state;
  transport.play(false);
  transport.setSlow(false);
  state = Object.assign(fresh(number), { seed, line, plane });
  arrive(number);
}

// Show a station with the state as it is.
function arrive(number) {
  const { begin: first, layers: drawn } = STATIONS[number - 1];
  layers = { ...drawn };
  editing = state.both ? "b" : "a";
  restart();
  showStation(number);
  if (first) transport.alone(first.turn, first.times);
}

function act(what) {
  if (what.turn) transport.alone(what.turn, what.times);
  if (what.play && !transport.playing) transport.play();
  if (what.gather) workshop.gather();
  if (what.slow) {
    transport.setSlow(true);
    if (!transport.playing) transport.play();
  }
  if (what.seed) {
    state.seed += 1;
    restart();
  }
  if (what.fault) {
    state.a.fault = what.fault;
    restart();
    transport.play(true);
  }
  if (what.train) transport.playUntil(what.train, () => workshop.gather());
}

// Where a link to this page opens: that of a studio names a port of this machine.
function reachOfLink() {
  const here = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname) || location.protocol === "file:";
  return here ? "It opens on this machine alone. For others, save the page; or put what begins with # behind the address of their own copy." : "";
}

// ---- controls

when("play", "click", () => transport.play());
when("one", "click", () => transport.one());
when("step-d", "click", () => transport.alone("turnOfD"));
when("step-g", "click", () => transport.alone("turnOfG"));
when("slow", "click", () => transport.setSlow(!transport.slow));
when("restart", "click", begin);
when("both", "change", () => {
  state.both = byId("both").checked;
  editing = state.both ? "b" : "a";
  restart();
});
for (const side of ["a", "b"]) {
  when(`edit-${side}`, "click", () => {
    editing = side;
    showState();
    drawAll();
  });
}
when("data", "change", () => setData(byId("data").value));
when("seed", "change", () => {
  const text = byId("seed").value.trim();
  if (/^-?\d{1,15}$/.test(text)) state.seed = Number(text);
  restart();
});
when("background", "change", () => {
  layers.background = byId("background").value;
  showLayers();
  drawAll();
});
when("layers", "change", ({ target }) => {
  if (target.type === "checkbox") layers[target.name] = target.checked;
  drawAll();
});
when("copy", "click", async () => {
  remember();
  try {
    await navigator.clipboard.writeText(location.href);
    byId("copied").textContent = `Copied. ${reachOfLink()}`;
  } catch {
    byId("copied").textContent = `Copy it from here: ${location.href} ${reachOfLink()}`;
  }
});
when("save", "click", () => {
  savePage(toHash(state));
  byId("copied").textContent = "Saved with this game in it: send the file to whom you like.";
});
when("defaults", "click", () => {
  state = fresh(state.station);
  goTo(state.station);
});
addEventListener("hashchange", () => {
  if (location.hash.replace(/^#/, "") === toHash(state)) return;
  state = fromHash(location.hash);
  transport.play(false);
  arrive(state.station);
});
addEventListener("resize", () => drawAll());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readColours();
  drawAll();
  editor.draw();
  workshop.draw();
});

readColours();
arrive(state.station);
