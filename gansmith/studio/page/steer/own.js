// A picture of one's own: the nearest that the generator makes, a painted part filled anew, or a small picture made large.

import { labelTitle } from "../../../web/page/classes.js";
import { actionButton, el, fill, say } from "../frame/element.js";
import { Easel } from "./easel.js";
import { JobPlace } from "./jobs.js";
import { numbersOf } from "./source.js";

const VARIANTS = 4;
const ENLARGEMENTS = [2, 4, 8];

export class OwnSection {
  constructor(context) {
    Object.assign(this, context);
    const { model, painter } = context;
    [this.height, this.width, this.channels] = model.output;
    this.place = new JobPlace(context);
    this.easel = new Easel(model.output, () => this.#offer());
    this.small = null; // the factor of a picture that came small
    this.results = el("div", { class: "results" });
    this.painter = painter;
    this.file = el("input", { type: "file", accept: "image/*", hidden: true });
    this.file.addEventListener("change", () => {
      if (this.file.files[0]) this.take(this.file.files[0]);
      this.file.value = "";
    });
    this.project = actionButton("Nearest picture", () => this.#project(), { title: "Project: the latent whose picture is nearest" });
    this.inpaint = actionButton("Fill the hole", () => this.#inpaint(), { class: "main" });
    this.wipe = actionButton("No hole", () => this.easel.clear());
    this.factor = el("select", { "aria-label": "From which size", onchange: () => this.#sayEnlarging() });
    for (const factor of ENLARGEMENTS.filter((one) => this.height % one === 0 && this.width % one === 0 && this.height / one >= 3)) {
      this.factor.append(new Option(`from ${this.#smaller(factor)}`, factor));
    }
    this.upscale = actionButton("Enlarge", () => this.#upscale());
    this.enlarging = el("p", { class: "hint" });
    this.#sayEnlarging();
    this.place.buttons.push(this.project, this.inpaint, this.upscale);
    this.drop = el("p", { class: "own-drop" }, "Drop a picture anywhere on this page, or ", actionButton("choose one", () => this.file.click()), " or ", actionButton("take the picture shown", () => this.takeShown()), this.file);
    this.bench = el("div", { class: "bench", hidden: true }, this.#painting(), this.#doing());
    this.root = el(
      "section",
      { "aria-label": "Your own picture" },
      el("div", { class: "head" }, el("h2", {}, "Your own picture")),
      this.drop,
      this.bench,
    );
    this.#offer();
  }

  #painting() {
    return el(
      "div",
      { class: "painting" },
      this.easel.canvas,
      this.easel.told,
      el("label", {}, "Brush", this.easel.brush),
      el("p", { class: "hint" }, "Paint over what is to be filled; with Shift, what was painted is taken back. By keyboard: arrow keys, space, backspace."),
    );
  }

  #doing() {
    return el(
      "div",
      { class: "doing" },
      el("div", { class: "row" }, this.inpaint, this.wipe),
      el("div", { class: "row" }, this.project),
      el("p", { class: "hint" }, "The picture of this generator that is most like yours."),
      this.factor.options.length ? [el("div", { class: "row" }, this.upscale, this.factor), this.enlarging] : null,
      this.model.classes.length ? el("p", { class: "hint" }, `The ${labelTitle(this.model).toLowerCase()} that is chosen beside the large picture is kept to; with “any”, it is searched too.`) : null,
      this.place.root,
      this.results,
    );
  }

  // A size that is smaller by a whole factor, in words.
  #smaller(factor) {
    return `${this.width / factor} × ${this.height / factor}`;
  }

  // What goes in and what comes out.
  #sayEnlarging() {
    const [from, to] = [this.#smaller(Number(this.factor.value) || 1), this.#smaller(1)];
    say(this.enlarging, `In goes your picture at ${from} pixels, made smaller if it is larger. Out comes one of ${to}: the generator invents the detail, and made ${from} again it is what went in.`);
  }

  // A picture file. The browser reads it, and the page sends what it shows here: in the generator's size.
  async take(file) {
    let bitmap;
    try {
      bitmap = await createImageBitmap(file);
    } catch {
      this.tell(`${file.name} is no picture that this browser reads.`);
      return;
    }
    const small = ENLARGEMENTS.find((factor) => bitmap.width * factor === this.width && bitmap.height * factor === this.height);
    this.small = small ?? null;
    if (small) this.factor.value = small;
    this.#sayEnlarging();
    const scale = Math.max(this.width / bitmap.width, this.height / bitmap.height);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    this.#takePixels((context) => {
      context.imageSmoothingEnabled = !small;
      context.imageSmoothingQuality = "high";
      context.drawImage(bitmap, (this.width - width) / 2, (this.height - height) / 2, width, height);
    });
    const cut = small ? `It has ${this.#smaller(small)} pixels: “Enlarge” makes ${this.#smaller(1)} of them.` : `It was cut and made ${this.width} × ${this.height}, as for training.`;
    this.tell(`Took ${file.name}. ${cut}`);
    this.root.scrollIntoView({ block: "nearest" });
  }

  async takeShown() {
    const { look } = this.state;
    const pixels = await this.pool.render(look.latent, look.label === null ? null : Int32Array.of(look.label));
    const canvas = this.painter.canvas();
    this.painter.paint(canvas, pixels);
    this.small = null;
    this.#takePixels((context) => context.drawImage(canvas, 0, 0));
  }

  #takePixels(draw) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: this.width, height: this.height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (this.channels !== 4) {
      context.fillStyle = "#ffffff"; // behind what is transparent, as in training
      context.fillRect(0, 0, this.width, this.height);
    }
    draw(context);
    const { data } = context.getImageData(0, 0, this.width, this.height);
    if (this.channels === 1) {
      for (let i = 0; i < data.length; i += 4) data.fill(Math.round(0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]), i, i + 3);
    }
    this.bench.hidden = false;
    fill(this.results);
    this.easel.set(data);
  }

  #offer() {
    const busy = this.place.run && !this.place.run.isOver;
    this.inpaint.disabled = busy || !this.easel.hasHole;
    this.wipe.disabled = !this.easel.hasHole;
  }

  get #label() {
    const { label } = this.state;
    return label === null ? "" : this.model.classes[label];
  }

  async #project() {
    this.#run({ verb: "project", picture: await this.easel.picture() }, ["nearest picture"], "Nearest");
  }

  async #inpaint() {
    const names = Array.from({ length: VARIANTS }, (_, index) => `variant ${index + 1}`);
    const body = { verb: "inpaint", picture: await this.easel.picture(), mask: await this.easel.mask(), options: { variants: VARIANTS } };
    this.#run(body, names, "Filled");
  }

  async #upscale() {
    const factor = Number(this.factor.value);
    this.#run({ verb: "upscale", picture: await this.easel.picture(factor) }, [`enlarged from ${this.#smaller(factor)}`], "Enlarged");
  }

  #run(body, names, title) {
    fill(this.results);
    this.place.start(
      { ...body, options: { ...body.options, label: this.#label } },
      {
        picture: async ({ data, count }) => {
          const canvases = await cutPictures(data, count);
          if (this.place.run.isOver) return;
          fill(this.results, el("p", { class: "small soft" }, "On the way:"), el("div", { class: "row pictures" }, canvases));
        },
        done: (result) => this.#show(result, names, title),
      },
    );
  }

  // Each picture as it is, and a button that goes on from its latent.
  async #show(result, names, title) {
    this.#offer();
    const bytes = Uint8Array.from(atob(result.picture), (letter) => letter.charCodeAt(0));
    const canvases = await cutPictures(bytes, result.count);
    const looks = result.latents.map((latent, index) => {
      return { latent: numbersOf(latent), label: result.labels[index], seed: null, name: names[index] };
    });
    const items = canvases.map((canvas, index) =>
      el("li", {}, canvas, actionButton("Go on", () => this.#goOn(looks[index]), { "aria-label": `Go on from the latent of ${names[index]}` })),
    );
    fill(this.results, el("p", { class: "small soft" }, `${title}:`), el("ul", { class: "pictures" }, items));
    if (looks.length === 1) this.#goOn(looks[0]);
  }

  #goOn(look) {
    if (this.state.label !== null && this.state.label !== look.label) this.state.choose(null);
    this.state.show(look);
    this.state.keep(look);
    this.tell(`Kept ${look.name}; sliders go on from it.`);
  }

  end() {
    this.place.end();
  }
}

// Pictures that stand side by side in a PNG, each on a canvas.
async function cutPictures(bytes, count) {
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const width = bitmap.width / count;
  return Array.from({ length: count }, (_, index) => {
    const canvas = el("canvas", { "aria-hidden": "true" });
    Object.assign(canvas, { width, height: bitmap.height });
    canvas.getContext("2d").drawImage(bitmap, -index * width, 0);
    return canvas;
  });
}
