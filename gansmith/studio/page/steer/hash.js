// What Steer shows, as a text for the address: it can be shared, kept and opened again.

import { textOf } from "../../../web/engine/base64.js";
import { lookOf } from "../../../web/page/looks.js";
import { numbersOf } from "./source.js";

const LONGEST_FAMILY = 200; // looks with their ancestors

const urlText = (latent) =>
  textOf(new Uint8Array(latent.buffer, latent.byteOffset, latent.byteLength)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const urlLatent = (text) => numbersOf(text.replaceAll("-", "+").replaceAll("_", "/"));

// The text of a state; `terms`: of the sum of styles, [{style} or {look}, amount].
export function writtenState(state, model, checkpoint, terms) {
  const params = new URLSearchParams();
  if (checkpoint !== "last") params.set("checkpoint", checkpoint);
  params.set("generator", model.id);
  const family = new Family(model);
  const shown = family.add(state.base);
  const kept = state.kept.map((look) => family.add(look));
  const sum = terms.map(({ style, look, amount }) => [style ?? family.add(look), round(amount)]);
  if (state.label !== null) params.set("class", model.classes[state.label]);
  for (const [key, { amount }] of state.steps) if (amount !== 0) params.append("move", `${key}:${round(amount)}`);
  const plain = state.base.seed !== null && !kept.length && !sum.length;
  if (plain) params.set("seed", state.base.seed);
  else params.set("looks", JSON.stringify({ all: family.rows, shown, kept, sum }));
  return params.toString();
}

// What is written in a text: {checkpoint, generator, label, moves, shown, kept, sum}; looks that do not fit are left out.
export function readState(text, model) {
  const params = new URLSearchParams(text);
  const place = model.classes.indexOf(params.get("class"));
  const moves = params.getAll("move").map((one) => [one.slice(0, one.lastIndexOf(":")), Number(one.slice(one.lastIndexOf(":") + 1))]);
  const told = {
    generator: params.get("generator"),
    label: place < 0 ? null : place,
    moves: moves.filter(([, amount]) => Number.isFinite(amount)),
    shown: seedOf(params.get("seed")) && lookOf(params.get("seed"), model),
    kept: [],
    sum: [],
  };
  if (params.get("looks")) Object.assign(told, looksIn(params.get("looks"), model));
  return told;
}

export const checkpointIn = (text) => new URLSearchParams(text).get("checkpoint") || "last";

const seedOf = (text) => text !== null && /^-?\d{1,60}$/.test(text);

const round = (amount) => Number(amount.toPrecision(6));

// Looks with their ancestors as a list, each once; parents are places in it.
class Family {
  constructor(model) {
    this.model = model;
    this.rows = [];
    this.places = new Map();
  }

  // The place of a look.
  add(look) {
    if (this.places.has(look)) return this.places.get(look);
    const parents = (look.parents ?? []).map((parent) => this.add(parent));
    const row = look.seed === null ? { z: urlText(look.latent), n: look.name } : { s: look.seed };
    if (look.label !== null) row.l = look.label;
    if (parents.length && this.rows.length < LONGEST_FAMILY) row.p = parents;
    this.rows.push(row);
    this.places.set(look, this.rows.length - 1);
    return this.rows.length - 1;
  }
}

function looksIn(text, model) {
  try {
    const { all, shown, kept, sum } = JSON.parse(text);
    const looks = [];
    for (const row of all.slice(0, 2 * LONGEST_FAMILY)) looks.push(lookFrom(row, looks, model));
    return {
      shown: looks[shown] ?? null,
      kept: kept.map((place) => looks[place]).filter(Boolean),
      sum: sum
        .map(([what, amount]) => (typeof what === "string" ? { style: what, amount } : { look: looks[what], amount }))
        .filter(({ style, look, amount }) => (style || look) && Number.isFinite(amount)),
    };
  } catch {
    return {}; // cut off, or changed by hand
  }
}

// null for a look of another kind of generator.
function lookFrom({ z, s, n, l = null, p = [] }, earlier, model) {
  const known = l === null ? !model.classes.length : Number.isInteger(l) && l >= 0 && l < model.classes.length;
  if (s !== undefined && seedOf(String(s))) return known ? { ...lookOf(s, model), label: l } : null;
  const latent = urlLatent(z);
  if (latent.length !== model.latent.dim || !latent.every(Number.isFinite) || !known) return null;
  const look = { latent, label: l, seed: null, name: String(n).slice(0, 80) };
  const parents = p.map((place) => earlier[place]).filter(Boolean);
  return parents.length === 2 ? { ...look, parents } : look;
}
