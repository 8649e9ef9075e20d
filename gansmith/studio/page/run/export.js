// A run as a file to send: the kind is chosen, a job of the server makes it, into the run's folder.

import { actionButton, el, fill, say } from "../frame/element.js";
import { bytes, runPath } from "../frame/words.js";
import { attempted } from "./actions.js";
import { ExportedFiles } from "./exports.js";

const EXPORT_KINDS = [
  { name: "html", label: "A page that makes pictures in any browser, without a network (.html)", weights: true },
  { name: "onnx", label: "A network for ONNX programs: latents in, pictures out (.onnx)", weights: false },
  { name: "safetensors", label: "The generator's weights, to begin other trainings from (.safetensors)", weights: false },
];
const EXPORT_WEIGHTS = [
  ["fp16", "16 bits a number: what most want"],
  ["int8", "8 bits a number: half the file, pictures a little rougher"],
  ["fp32", "32 bits a number: twice the file, nothing rounded"],
];

export class ExportBox {
  constructor({ api, live, notice }, name) {
    this.api = api;
    this.name = name;
    this.job = null;
    this.kind = el("select", { id: "export-kind" }, EXPORT_KINDS.map((one) => el("option", { value: one.name }, one.label)));
    this.weights = el("select", { id: "export-weights" }, EXPORT_WEIGHTS.map(([value, label]) => el("option", { value }, label)));
    this.licence = el("input", { id: "export-licence", type: "text", autocomplete: "off" });
    this.said = el("p", { role: "status", class: "soft small" });
    this.notes = el("ul", { class: "soft small" });
    this.files = new ExportedFiles({ api, notice }, name);
    this.files.load();
    const weights = el("label", { class: "stacked", for: "export-weights" }, "Weights", this.weights);
    this.kind.addEventListener("change", () => (weights.hidden = !this.isKind("weights")));
    this.root = el(
      "details",
      { class: "section" },
      el("summary", {}, "Export"),
      el("label", { class: "stacked", for: "export-kind" }, "Kind of file", this.kind),
      weights,
      el("label", { class: "stacked", for: "export-licence" }, "Licence of the data (optional; the file tells it)", this.licence),
      el("div", { class: "row" }, actionButton("Make the file", attempted(notice, () => this.make()), { class: "main" })),
      this.said,
      this.notes,
      this.files.root,
    );
    this.off = live.on("job", (message) => message.job === this.job && this.follow(message));
  }

  isKind(what) {
    return EXPORT_KINDS.find(({ name }) => name === this.kind.value)[what];
  }

  async make() {
    const options = this.isKind("weights") ? { weights: this.weights.value } : {};
    if (this.licence.value.trim()) options.licence = this.licence.value.trim();
    fill(this.notes);
    say(this.said, "Asked for the file …");
    try {
      const { job, file } = await this.api.post(runPath(this.name, "export"), { kind: this.kind.value, options });
      Object.assign(this, { job, file });
    } catch (error) {
      say(this.said, error.message);
    }
  }

  follow({ step, total, done, error, result }) {
    if (error) say(this.said, error);
    else if (done) this.offer(result);
    else say(this.said, total ? `Making it: ${step} of ${total}` : "Making it …");
  }

  // What the file holds and what it cannot do is said below it.
  offer({ bytes: size, notes = [] }) {
    say(this.said, `${this.file}${size ? ` (${bytes(size)})` : ""} is ready.`);
    fill(this.notes, ...notes.map((note) => el("li", {}, note)));
    this.files.load();
  }

  leave() {
    this.off();
  }
}
