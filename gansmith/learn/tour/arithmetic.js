// Article 001's experiment on pen strokes: latents are sorted by what they make, averaged, scaled and added.
//
// A style is the average of the latents whose strokes are alike.

const MARGIN = 0.12; // strokes nearer to the middle than this belong to no style

// name -> whether a stroke (x: slant, y: thickness, seen from the middle) is of the style.
export const STYLES = {
  "thick straight": (x, y) => y > MARGIN && x < -MARGIN,
  "thick right": (x, y) => y > MARGIN && x > MARGIN,
  "thin straight": (x, y) => y < -MARGIN && x < -MARGIN,
  "thin right": (x, y) => y < -MARGIN && x > MARGIN,
};

// The latents (flat, 2 numbers each) by style, judged by the points (flat) that they make, and each style's average.
export function sortedByStyle(latents, points) {
  const [middleX, middleY] = [median(points, 0), median(points, 1)];
  return Object.fromEntries(
    Object.entries(STYLES).map(([name, belongs]) => {
      const rows = [];
      for (let at = 0; at < points.length; at += 2) if (belongs(points[at] - middleX, points[at + 1] - middleY)) rows.push(at);
      const latent = [0, 1].map((axis) => rows.reduce((sum, at) => sum + latents[at + axis], 0) / Math.max(1, rows.length));
      return [name, { count: rows.length, latent }];
    }),
  );
}

export const scaled = (latent, factor) => latent.map((value) => value * factor);
export const plus = (a, b, sign = 1) => a.map((value, axis) => value + sign * b[axis]);

function median(points, axis) {
  const values = points.filter((_, at) => at % 2 === axis).sort();
  return values[Math.floor(values.length / 2)];
}
