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
}
