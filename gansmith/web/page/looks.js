// A look is what becomes a picture: {latent, label, seed, name}. `label` is the number of its class, null without classes;
// `seed` is null where the latent is no longer that of a seed.

import { MOMENTS, draw, labelOf, latentOf } from "../engine/latents.js";

export function lookOf(seed, model) {
  const text = String(BigInt(seed));
  return {
    latent: latentOf(text, model.latent),
    label: labelOf(text, model.classes.length, model.counts),
    seed: text,
    name: `seed ${text}`,
  };
}

// A seed of nine digits that nobody has chosen.
export const anySeed = () => String(crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000_000);

// latent + sum of amounts x vectors.
export function moved(latent, steps) {
  const out = latent.slice();
  for (const { vector, amount } of steps) {
    for (let i = 0; i < out.length; i++) out[i] += amount * vector[i];
  }
  return out;
}

// The point at a share of the way from one latent to another, on the circle around the centre; the length changes evenly.
export function between(first, last, share, law) {
  const { centre } = MOMENTS[law];
  let aa = 0, bb = 0, ab = 0;
  for (let i = 0; i < first.length; i++) {
    const a = first[i] - centre;
    const b = last[i] - centre;
    aa += a * a;
    bb += b * b;
    ab += a * b;
  }
  const lengths = [Math.sqrt(aa), Math.sqrt(bb)];
  const angle = Math.acos(Math.max(-1, Math.min(1, ab / (lengths[0] * lengths[1] || 1))));
  let [p, q] = [1 - share, share]; // straight where there is no one circle: the same, opposite, or zero
  if (Math.min(...lengths) > 1e-9 && Math.sin(angle) > 1e-6) {
    const length = p * lengths[0] + q * lengths[1];
    p = (length * Math.sin((1 - share) * angle)) / (Math.sin(angle) * lengths[0]);
    q = (length * Math.sin(share * angle)) / (Math.sin(angle) * lengths[1]);
  }
  return first.map((value, i) => centre + p * (value - centre) + q * (last[i] - centre));
}

// A child: every number, and the class, from one parent or the other, as a stream of random numbers says; a share of the
// numbers, `diversity`, is new. So its latent has the distribution that the generator was trained with.
export function child(mother, father, stream, name, { diversity = 0, law = null } = {}) {
  const latent = mother.latent.map((value, i) => (stream.uniform() < 0.5 ? value : father.latent[i]));
  const label = stream.uniform() < 0.5 ? mother.label : father.label;
  if (diversity > 0) {
    const fresh = draw(stream, law, latent.length);
    for (let i = 0; i < latent.length; i++) if (stream.uniform() < diversity) latent[i] = fresh[i];
  }
  return { latent, label, seed: null, name, parents: [mother, father] };
}
