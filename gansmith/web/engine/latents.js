// What the generator gets: latents and classes of a seed, as `gansmith sample --seed S --count 1` has them.

import { normal } from "./normal.js";
import { Stream } from "./streams.js";

const GOLDEN = (Math.sqrt(5) - 1) / 2;

// A number of each distribution.
const LAWS = {
  normal,
  uniform: (stream) => Math.fround(stream.uniform() * 2 - 1),
  unit: (stream) => stream.uniform(),
};

// The mean of a coordinate and its standard deviation.
export const MOMENTS = {
  normal: { centre: 0, deviation: 1 },
  uniform: { centre: 0, deviation: Math.sqrt(1 / 3) },
  unit: { centre: 0.5, deviation: Math.sqrt(1 / 12) },
};

// Latents (count x dim) of a stream.
export function draw(stream, law, count) {
  return Float32Array.from({ length: count }, () => LAWS[law](stream));
}

// The latent of a seed.
export const latentOf = (seed, { law, dim }) => draw(new Stream(seed, "samples"), law, dim);

// The class that a seed draws; null without classes. counts: the sizes of groups, which are drawn by them; [] = classes.
export function labelOf(seed, classes, counts) {
  if (!classes) return null;
  const index = new Stream(seed, "sample-labels").integer(classes);
  if (!counts.length) return index;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const place = ((index * GOLDEN) % 1) * total;
  let end = 0;
  return counts.findIndex((count) => (end += count) > place);
}
