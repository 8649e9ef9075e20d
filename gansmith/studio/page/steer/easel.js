// A picture in the generator's size, on which a hole is painted: by pointer, or with arrow keys, space and backspace.

import { el, say } from "../frame/element.js";

const ZOOM = 320; // about how many pixels of the canvas a picture is high
const HOLE_SHARE = 0.62; // how much of the hole's colour covers it
const HOLE_COLOUR = [224, 101, 43];

export class Easel {
  // size: [height, width, channels]; changed(): the picture or the hole has changed.
  constructor([height, width, channels], changed) {
    Object.assign(this, { height, width, grey: channels === 1, changed });
    this.zoom = Math.max(1, Math.round(ZOOM / height));
    this.pixels = null; // RGBA of the picture
    this.hole = new Uint8Array(height * width);
    this.at = [Math.floor(height / 2), Math.floor(width / 2)];
    this.canvas = el("canvas", { class: "easel", tabindex: "0", role: "application", "aria-label": "Picture to paint on" });
    this.canvas.width = width;
    this.canvas.height = height;
    this.canvas.classList.toggle("clear", channels === 4);
    this.told = el("p", { class: "unseen", role: "status" });
    this.brush = el("input", { type: "range", min: 1, max: Math.max(2, Math.floor(height / 3)), step: 1, "aria-label": "Size of the brush" });
    this.brush.value = Math.max(1, Math.round(height / 8));
    this.canvas.addEventListener("pointerdown", (event) => this.#press(event));
    this.canvas.addEventListener("pointermove", (event) => this.#move(event));
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    this.canvas.addEventListener("focus", () => this.draw());
    this.canvas.addEventListener("blur", () => this.draw());
  }

  get hasHole() {
    return this.hole.includes(1);
  }

  // RGBA pixels of a picture in this size.
  set(pixels) {
    this.pixels = pixels;
    this.hole.fill(0);
    this.draw();
    this.changed();
  }

  clear() {
    this.hole.fill(0);
    this.draw();
    this.changed();
  }

  draw() {
    if (!this.pixels) return;
    const image = new ImageData(new Uint8ClampedArray(this.pixels), this.width, this.height);
    for (let i = 0; i < this.hole.length; i++) {
      if (!this.hole[i]) continue;
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = HOLE_SHARE * HOLE_COLOUR[c] + (1 - HOLE_SHARE) * image.data[4 * i + c];
      image.data[4 * i + 3] = 255;
    }
    if (document.activeElement === this.canvas && this.canvas.matches(":focus-visible")) this.#mark(image);
    this.canvas.getContext("2d").putImageData(image, 0, 0);
  }

  // The pixel that the keyboard paints from, in the opposite of its own lightness.
  #mark(image) {
    const from = 4 * (this.at[0] * this.width + this.at[1]);
    const light = image.data[from] + image.data[from + 1] + image.data[from + 2] > 382;
    image.data.set(light ? [20, 60, 120] : [140, 200, 255], from);
  }

  // Fills or opens a round part of the hole.
  paint(row, column, filled) {
    if (!this.pixels) return;
    const radius = Number(this.brush.value) / 2;
    for (let y = Math.max(0, Math.ceil(row - radius)); y <= Math.min(this.height - 1, row + radius); y++) {
      for (let x = Math.max(0, Math.ceil(column - radius)); x <= Math.min(this.width - 1, column + radius); x++) {
        if ((y - row) ** 2 + (x - column) ** 2 <= radius ** 2) this.hole[y * this.width + x] = filled ? 1 : 0;
      }
    }
    this.draw();
    this.changed();
  }

  #press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.erasing = event.shiftKey || event.button === 2;
    this.last = this.#place(event);
    this.paint(...this.last, !this.erasing);
  }

  // Every pixel on the way: a fast pointer leaves no gaps.
  #move(event) {
    if (!event.buttons || !this.canvas.hasPointerCapture(event.pointerId) || !this.last) return;
    const there = this.#place(event);
    const steps = Math.max(1, Math.abs(there[0] - this.last[0]), Math.abs(there[1] - this.last[1]));
    for (let step = 1; step <= steps; step++) {
      const share = step / steps;
      this.paint(...this.last.map((from, side) => Math.round(from + share * (there[side] - from))), !this.erasing);
    }
    this.last = there;
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.height);
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.width);
    return [Math.max(0, Math.min(this.height - 1, row)), Math.max(0, Math.min(this.width - 1, column))];
  }

  #key(event) {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    if (event.key in steps) {
      const [down, right] = steps[event.key];
      this.at = [Math.max(0, Math.min(this.height - 1, this.at[0] + down)), Math.max(0, Math.min(this.width - 1, this.at[1] + right))];
      this.draw();
    } else if (event.key === " ") this.paint(...this.at, true);
    else if (event.key === "Backspace" || event.key === "Delete") this.paint(...this.at, false);
    else return;
    event.preventDefault();
    const painted = this.hole[this.at[0] * this.width + this.at[1]] ? ", painted" : "";
    say(this.told, `Row ${this.at[0] + 1}, column ${this.at[1] + 1}${painted}`);
  }

  // The picture, made smaller by a whole factor, as a PNG in base64.
  async picture(factor = 1) {
    const [height, width] = [this.height / factor, this.width / factor];
    const data = new Uint8ClampedArray(4 * height * width);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const sums = [0, 0, 0, 0]; // a colour counts as much as it is seen
        for (let v = 0; v < factor; v++) {
          for (let u = 0; u < factor; u++) {
            const from = 4 * ((y * factor + v) * this.width + x * factor + u);
            const alpha = this.pixels[from + 3];
            for (let c = 0; c < 3; c++) sums[c] += alpha * this.pixels[from + c];
            sums[3] += alpha;
          }
        }
        const to = 4 * (y * width + x);
        for (let c = 0; c < 3; c++) data[to + c] = sums[3] && Math.round(sums[c] / sums[3]);
        data[to + 3] = Math.round(sums[3] / factor ** 2);
      }
    }
    return pngText(data, width, height);
  }

  // The hole as a mask: black is to be filled, white is known.
  mask() {
    const data = new Uint8ClampedArray(4 * this.hole.length);
    for (let i = 0; i < this.hole.length; i++) data.set(this.hole[i] ? [0, 0, 0, 255] : [255, 255, 255, 255], 4 * i);
    return pngText(data, this.width, this.height);
  }
}

async function pngText(data, width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}
