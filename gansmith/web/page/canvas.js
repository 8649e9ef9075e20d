// Pictures on canvases, in their own size; the style sheet enlarges them.

export class Painter {
  constructor([height, width, channels]) {
    this.size = [height, width];
    this.channels = channels;
    this.image = new ImageData(width, height); // used again and again
    this.image.data.fill(255);
  }

  // A canvas for one picture.
  canvas() {
    const made = document.createElement("canvas");
    [made.height, made.width] = this.size;
    made.setAttribute("aria-hidden", "true");
    return made;
  }

  // Picture `index` of bytes (count x height x width x channels).
  paint(canvas, pixels, index = 0) {
    const { channels, image } = this;
    if (channels === 4) {
      this.#paintClear(canvas, pixels, index);
      return;
    }
    const count = image.width * image.height;
    const step = channels === 3 ? 1 : 0; // grey stands in all three
    let from = index * count * channels;
    for (let to = 0; to < 4 * count; to += 4, from += channels) {
      image.data[to] = pixels[from];
      image.data[to + 1] = pixels[from + step];
      image.data[to + 2] = pixels[from + 2 * step];
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  // Colours come multiplied by alpha, and image data has them straight. The style sheet puts chequers behind.
  #paintClear(canvas, pixels, index) {
    const { data } = this.image;
    let from = index * data.length;
    for (let to = 0; to < data.length; to += 4, from += 4) {
      const alpha = pixels[from + 3];
      for (let c = 0; c < 3; c++) data[to + c] = alpha && Math.floor((255 * pixels[from + c] + (alpha >> 1)) / alpha);
      data[to + 3] = alpha;
    }
    canvas.classList.add("clear");
    canvas.getContext("2d").putImageData(this.image, 0, 0);
  }
}
