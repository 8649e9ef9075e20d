// Distributions whose truth is known: mixtures of round gaussians on a line or in a plane.
//
// A mixture is {dim, centres, weights, std}; weights sum to 1. Its density at any point, and after a blur, is exact.

import { normal } from "../../web/engine/normal.js";

const even = (centres) => centres.map(() => 1 / centres.length);
const around = (count, radius) =>
  Array.from({ length: count }, (_, k) => [
    radius * Math.cos((2 * Math.PI * k) / count),
    radius * Math.sin((2 * Math.PI * k) / count),
  ]);
const SIDE = [-0.9, 0, 0.9];

function spiral() {
  return Array.from({ length: 12 }, (_, k) => {
    const [angle, radius] = [4 * Math.sqrt((k + 1) / 4.2), 0.25 + 0.07 * k];
    return [radius * Math.cos(angle * 1.35), radius * Math.sin(angle * 1.35)];
  });
}

function moons() {
  const arc = Array.from({ length: 9 }, (_, k) => (Math.PI * k) / 8);
  return [
    ...arc.map((a) => [Math.cos(a) * 0.75 - 0.35, Math.sin(a) * 0.75 - 0.15]),
    ...arc.map((a) => [0.35 - Math.cos(a) * 0.75, 0.15 - Math.sin(a) * 0.75]),
  ];
}

const mixture = (dim, centres, std, weights = even(centres)) => ({ dim, centres, std, weights });

// name -> its title and the mixture. `modes` where the parts are far enough apart to be counted.
export const DISTRIBUTIONS = {
  hill: { title: "One hill", mixture: mixture(1, [[-0.4]], 0.25) },
  hills: { title: "Two hills", mixture: mixture(1, [[-0.7], [0.6]], 0.16, [0.35, 0.65]), modes: true },
  ring: { title: "Ring of eight", mixture: mixture(2, around(8, 1), 0.06), modes: true },
  grid: { title: "Grid of nine", mixture: mixture(2, SIDE.flatMap((x) => SIDE.map((y) => [x, y])), 0.07), modes: true },
  spiral: { title: "Spiral", mixture: mixture(2, spiral(), 0.08) },
  moons: { title: "Two moons", mixture: mixture(2, moons(), 0.08) },
  strokes: { title: "Pen strokes", mixture: mixture(2, around(1, 0), 0.45) },
};

// The density at a point, after a blur of the given width.
export function densityAt({ dim, centres, weights, std }, point, blur = 0) {
  const variance = std * std + blur * blur;
  const scale = (2 * Math.PI * variance) ** (-dim / 2);
  return centres.reduce((sum, centre, k) => {
    const square = centre.reduce((total, value, axis) => total + (value - point[axis]) ** 2, 0);
    return sum + weights[k] * scale * Math.exp(-square / (2 * variance));
  }, 0);
}

// `count` points, flat, of a stream.
export function pointsOf({ dim, centres, weights, std }, stream, count) {
  const points = new Float64Array(count * dim);
  for (let row = 0; row < count; row++) {
    let left = stream.uniform();
    const k = weights.findIndex((weight) => (left -= weight) < 0);
    const centre = centres.at(k); // the last one where rounding leaves none
    for (let axis = 0; axis < dim; axis++) points[row * dim + axis] = Math.fround(centre[axis] + std * normal(stream));
  }
  return points;
}

// How many of the centres have at least a quarter of their share of the points within four deviations, and the share of
// the points that are that near to any.
export function found({ dim, centres, weights, std }, points) {
  const counts = centres.map(() => 0);
  const rows = points.length / dim;
  for (let row = 0; row < rows; row++) {
    const point = points.subarray(row * dim, (row + 1) * dim);
    const nearest = centres.findIndex((centre) => {
      const square = centre.reduce((total, value, axis) => total + (value - point[axis]) ** 2, 0);
      return square < (4 * std) ** 2;
    });
    if (nearest >= 0) counts[nearest] += 1;
  }
  const modes = counts.filter((count, k) => count >= (weights[k] * rows) / 4).length;
  return { modes, near: counts.reduce((sum, count) => sum + count, 0) / rows };
}
