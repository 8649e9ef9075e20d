// The files that were exported from a run, each with a button that downloads it: they stay in the run's folder.

import { actionButton, el, fill } from "../frame/element.js";
import { bytes, runPath } from "../frame/words.js";
import { attempted } from "./actions.js";

export class ExportedFiles {
  constructor({ api, notice }, name) {
    Object.assign(this, { api, notice, name });
    this.list = el("ul", { class: "exported" });
    this.root = el(
      "div",
      { hidden: true },
      el("h3", {}, "Files made so far"),
      el("p", { class: "hint" }, "They are in the folder “exports” of this run. A file that is made again takes the place of the earlier one."),
      this.list,
    );
  }

  // Lists what lies there now.
  async load() {
    const found = await this.api.get(runPath(this.name, "exports")).catch(() => ({ files: [] }));
    this.root.hidden = !found.files.length;
    fill(this.list, found.files.map((file) => this.#row(file)));
  }

  #row({ name, bytes: size }) {
    const load = attempted(this.notice, () => this.#download(name));
    return el("li", {}, el("span", {}, name), el("span", { class: "soft small" }, bytes(size)), actionButton("Download", load, { "aria-label": `Download ${name}` }));
  }

  async #download(name) {
    const address = await this.api.address(runPath(this.name, `exports/${encodeURIComponent(name)}`));
    el("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser has begun to write it by then
  }
}
