// A canvas in the units of what it shows, sharp on every screen.

import { colours } from "./colours.js";

export class Board {
  // view: {left, right, bottom, top} in the units of what is shown; ratio: height / width.
  constructor(canvas, view, ratio = 1) {
    Object.assign(this, { canvas, view, ratio, pen: canvas.getContext("2d") });
  }

  // An empty board as large as its place in the page, and how many of its pixels a CSS pixel has.
  clear(colour) {
    const { canvas } = this;
    this.scale = Math.min(2, globalThis.devicePixelRatio || 1);
    const width = Math.round((canvas.clientWidth || 300) * this.scale);
    const height = Math.round(width * this.ratio);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    this.pen.fillStyle = colour;
    this.pen.fillRect(0, 0, width, height);
  }

  x(value) {
    return ((value - this.view.left) / (this.view.right - this.view.left)) * this.canvas.width;
  }

  y(value) {
    return ((this.view.top - value) / (this.view.top - this.view.bottom)) * this.canvas.height;
  }

  path(points, colour, width = 1.5, dash = []) {
    const { pen, scale } = this;
    pen.beginPath();
    points.forEach(([x, y], k) => (k ? pen.lineTo(this.x(x), this.y(y)) : pen.moveTo(this.x(x), this.y(y))));
    Object.assign(pen, { strokeStyle: colour, lineWidth: width * scale, lineJoin: "round" });
    pen.setLineDash(dash.map((one) => one * scale));
    pen.stroke();
    pen.setLineDash([]);
  }

  // A point as a disc (real) or a diamond (generated): nobody has to tell them by colour alone.
  dot(x, y, colour, edge, diamond, size = 3.2) {
    const { pen } = this;
    const [px, py, r] = [this.x(x), this.y(y), size * this.scale];
    pen.beginPath();
    if (diamond) {
      pen.moveTo(px, py - r * 1.25);
      pen.lineTo(px + r * 1.25, py);
      pen.lineTo(px, py + r * 1.25);
      pen.lineTo(px - r * 1.25, py);
      pen.closePath();
    } else {
      pen.arc(px, py, r, 0, 2 * Math.PI);
    }
    Object.assign(pen, { fillStyle: colour, strokeStyle: edge, lineWidth: this.scale });
    pen.fill();
    pen.stroke();
  }

  arrow(x, y, dx, dy, colour, width = 1.5) {
    const { pen, scale } = this;
    const [px, py, qx, qy] = [this.x(x), this.y(y), this.x(x + dx), this.y(y + dy)];
    const length = Math.hypot(qx - px, qy - py);
    if (length < 2 * scale) return;
    const [ux, uy, head] = [(qx - px) / length, (qy - py) / length, Math.min(5 * scale, length * 0.5)];
    Object.assign(pen, { strokeStyle: colour, lineWidth: width * scale, lineCap: "round" });
    pen.beginPath();
    pen.moveTo(px, py);
    pen.lineTo(qx, qy);
    pen.moveTo(qx - head * (ux - uy * 0.6), qy - head * (uy + ux * 0.6));
    pen.lineTo(qx, qy);
    pen.lineTo(qx - head * (ux + uy * 0.6), qy - head * (uy - ux * 0.6));
    pen.stroke();
  }

  // Say how many of the generated points (flat) are not in sight, where these are more than a few.
  countOutside(points, dim) {
    const { left, right, bottom, top } = this.view;
    const rows = points.length / dim;
    let outside = 0;
    for (let at = 0; at < points.length; at += dim) {
      const inside = points[at] > left && points[at] < right && (dim === 1 || (points[at + 1] > bottom && points[at + 1] < top));
      if (!inside) outside += 1;
    }
    if (outside < rows / 20) return;
    const share = outside === rows ? "All" : `${Math.round((100 * outside) / rows)}%`;
    const text = `${share} of the generated points are outside this picture.`;
    this.words(text, (left + right) / 2, bottom + 0.02 * (top - bottom), colours.made, "center", 14);
  }

  words(text, x, y, colour, align = "left", size = 12) {
    const { pen, scale } = this;
    Object.assign(pen, { fillStyle: colour, textAlign: align, font: `${size * scale}px system-ui, sans-serif` });
    pen.fillText(text, this.x(x), this.y(y), this.canvas.width * 0.96);
  }
}
