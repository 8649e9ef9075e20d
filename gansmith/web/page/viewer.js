// The large picture. However fast looks follow one another, one is being made and one waits: the last.

import { labelWords } from "./classes.js";

export class Viewer {
  // `model.run`, where it is known: the path of the run, for the command that makes the same picture.
  constructor(canvas, caption, command, pool, painter, model) {
    Object.assign(this, { canvas, caption, command, pool, painter, model });
    this.wanted = null;
    this.busy = false;
  }

  show(look) {
    this.wanted = look;
    if (!this.busy) this.#run();
  }

  async #run() {
    this.busy = true;
    while (this.wanted) {
      const look = this.wanted;
      this.wanted = null;
      const labels = look.label === null ? null : Int32Array.of(look.label);
      const pixels = await this.pool.render(look.latent, labels);
      this.painter.paint(this.canvas, pixels);
      this.#tell(look);
      this.canvas.dispatchEvent(new Event("painted"));
    }
    this.busy = false;
  }

  #tell(look) {
    const kind = look.label === null ? "" : ` · ${labelWords(this.model, look.label)}`;
    const text = look.name + kind;
    if (this.caption.textContent === text) return;
    this.caption.textContent = text;
    this.canvas.setAttribute("aria-label", `Generated picture: ${text}`);
    this.command.replaceChildren(...(look.seed === null ? [] : this.#typed(look)));
  }

  // The command that makes the same picture; lines are not broken within an option.
  #typed({ seed, label }) {
    const parts = ["--count 1", `--seed ${seed}`];
    if (label !== null) parts.push(`--label ${quoted(this.model.classes[label])}`);
    const spans = parts.flatMap((part) => {
      const span = document.createElement("span");
      span.textContent = part;
      return [" ", span];
    });
    return [`gansmith sample ${quoted(this.model.run ?? "RUN")}`, ...spans];
  }
}

const quoted = (word) => (/^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
