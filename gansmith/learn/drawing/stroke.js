// A pen stroke, drawn from the two numbers of a point: how far it leans, and how thick it is.

const LEAN = { middle: 0.32, range: 0.34 }; // to the right for each unit upward
const THICK = { middle: 0.22, range: 0.15, least: 0.04 }; // of the stroke's height

export const leanOf = (x) => LEAN.middle + LEAN.range * x;
export const thicknessOf = (y) => Math.max(THICK.least, THICK.middle + THICK.range * y);

// Around (x, y) in the canvas's pixels, `size` of them high, for the point (slant, thick).
export function drawStroke(pen, x, y, size, slant, thick, colour) {
  const half = size / 2;
  pen.beginPath();
  pen.moveTo(x - leanOf(slant) * half, y + half);
  pen.lineTo(x + leanOf(slant) * half, y - half);
  Object.assign(pen, { strokeStyle: colour, lineWidth: thicknessOf(thick) * size, lineCap: "round" });
  pen.setLineDash([]);
  pen.stroke();
}
