// Distributions that a person draws: heights on a line, or filled cells in a plane. Each is kept as a short text.

import { DISTRIBUTIONS } from "./mixtures.js";

export const COLUMNS = 24; // of a line; a text has a digit for each, its height
export const CELLS = 20; // on each side of a plane; a text has two digits of base 20 for each filled cell
export const REACH = 1.5; // what is drawn ends here on either side of 0
export const TALLEST = 9;

const middle = (index, count) => ((index + 0.5) / count) * 2 * REACH - REACH;
const digit = (index) => index.toString(CELLS);

export const heightsOf = (text) => Array.from({ length: COLUMNS }, (_, k) => Number(text[k] ?? 0));
export const textOfHeights = (heights) => (heights.some((one) => one) ? heights.join("") : "");

// Filled cells as a set of x + CELLS y.
export function cellsOf(text) {
  const pairs = text.match(/../g) ?? [];
  return new Set(pairs.map(([x, y]) => parseInt(x, CELLS) + CELLS * parseInt(y, CELLS)));
}
export const textOfCells = (cells) =>
  [...cells].sort((a, b) => a - b).map((cell) => digit(cell % CELLS) + digit(Math.floor(cell / CELLS))).join("");

// The mixture of a line's heights; of one column in the middle where nothing is drawn.
export function mixtureOfLine(text) {
  const heights = heightsOf(/[1-9]/.test(text) ? text : "0".repeat(COLUMNS / 2) + "9");
  const total = heights.reduce((sum, height) => sum + height, 0);
  const columns = [...heights.keys()].filter((k) => heights[k]);
  const centres = columns.map((k) => [middle(k, COLUMNS)]);
  return { dim: 1, centres, weights: columns.map((k) => heights[k] / total), std: 0.06 };
}

// The mixture of a plane's cells; of one cell near the middle where nothing is drawn.
export function mixtureOfPlane(text) {
  const cells = [...cellsOf(text || "aa")];
  const centres = cells.map((cell) => [middle(cell % CELLS, CELLS), middle(Math.floor(cell / CELLS), CELLS)]);
  return { dim: 2, centres, weights: cells.map(() => 1 / cells.length), std: 0.06 };
}

// Cells and heights that stand for a mixture, to begin a drawing from.
export const cellsLike = ({ centres }) =>
  textOfCells(new Set(centres.map(([x, y]) => cellAt(x) + CELLS * cellAt(y))));
export const cellAt = (value, count = CELLS) =>
  Math.min(count - 1, Math.max(0, Math.floor(((value + REACH) / (2 * REACH)) * count)));

// The mixture of a state: one of the table, or a drawn one.
export function mixtureOf({ data, line, plane }) {
  if (data === "own-line") return mixtureOfLine(line);
  return data === "own-plane" ? mixtureOfPlane(plane) : DISTRIBUTIONS[data].mixture;
}
