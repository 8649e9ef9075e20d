// All that a person can set, and the address's hash that holds what differs from the defaults.
//
// Seed, data and drawings are of both sides; `a` and `b` are the settings of each side.

import { FAULTS } from "../engine/faults.js";
import { LOSSES } from "../engine/losses.js";
import { DISTRIBUTIONS } from "../engine/mixtures.js";
import { STATIONS } from "../tour/stations.js";

const RATES = [1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 3e-2];
const TURNS = [1, 2, 5, 10];

// key -> choices; the first of a table's keys or the named default is what a page begins with.
export const RULES = {
  fault: { choices: Object.keys(FAULTS), begins: "none" },
  loss: { choices: Object.keys(LOSSES), begins: "non-saturating" },
  gamma: { choices: [0, 0.01, 0.03, 0.1, 0.3, 1, 3], begins: 0.1 },
  turnsD: { choices: TURNS, begins: 1 },
  turnsG: { choices: TURNS, begins: 1 },
  rateD: { choices: RATES, begins: 2e-3 },
  rateG: { choices: RATES, begins: 2e-3 },
  latent: { choices: [0, 1, 2], begins: 0 }, // 0: as many as a point has
};
const ALONG = { data: [...Object.keys(DISTRIBUTIONS), "own-line", "own-plane"] };

const beginning = () => Object.fromEntries(Object.entries(RULES).map(([key, { begins }]) => [key, begins]));

// A station of the tour as it begins.
export function fresh(station = 1) {
  const { data, both = false, a, b } = STATIONS[station - 1];
  return { seed: 0, data, line: "", plane: "", both, station, a: { ...beginning(), ...a }, b: { ...beginning(), ...b } };
}

// The state as a text after "#"; only what differs from its station as it begins.
export function toHash(state) {
  const [given, plain] = [flat(state), flat(fresh(state.station))];
  const changed = Object.entries(given).filter(([key, value]) => key === "station" || String(value) !== String(plain[key]));
  return changed.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
}

// A state from such a text. What it does not know, or no choice allows, is left as its station has it.
export function fromHash(text) {
  const given = new URLSearchParams(text.replace(/^#/, ""));
  const state = fresh(STATIONS[given.get("station") - 1] ? Number(given.get("station")) : 1);
  for (const [key, value] of given) {
    const [side, name] = key.split(".");
    if (name && (side === "a" || side === "b")) setChoice(state[side], name, value);
    else if (key === "both") state.both = value === "true";
    else if (key === "data" && ALONG.data.includes(value)) state.data = value;
    else if (key === "seed" && /^-?\d{1,18}$/.test(value)) state.seed = Number(value);
    else if (key === "line" && /^[0-9]{0,24}$/.test(value)) state.line = value;
    else if (key === "plane" && /^([0-9a-j]{2}){0,400}$/.test(value)) state.plane = value;
  }
  return state;
}

// Set a choice by its text, if it is one.
export function setChoice(side, name, text) {
  const choice = Object.hasOwn(RULES, name) ? RULES[name].choices.find((one) => String(one) === text) : undefined;
  if (choice !== undefined) side[name] = choice;
}

function flat({ a, b, ...rest }) {
  const sided = (side, name) => Object.entries(side).map(([key, value]) => [`${name}.${key}`, value]);
  return Object.fromEntries([...Object.entries(rest), ...sided(a, "a"), ...sided(b, "b")]);
}
