// A job of the server that this page waits for: it tells as it goes, shows pictures on the way, and can be cancelled.

import { actionButton, el, say } from "../frame/element.js";
import { runPath } from "../frame/words.js";

const ASK_AGAIN = 5000; // milliseconds: a page that was hidden was told nothing

export class JobRun {
  // told: {progress(message), picture(message), done(result), failed(sentence)}
  constructor(api, socket, told) {
    Object.assign(this, { api, told });
    this.id = null;
    this.isOver = false;
    this.early = []; // what comes before the job's name is known
    this.off = socket.on("job", (message) => (this.id === null ? this.early.push(message) : this.#hear(message)));
    this.timer = setInterval(() => this.#ask(), ASK_AGAIN);
  }

  async start(name, body) {
    try {
      const { job } = await this.api.post(runPath(name, "jobs"), body);
      this.id = job;
      if (this.isOver) this.cancel();
      for (const message of this.early) this.#hear(message);
    } catch (error) {
      this.#finish(() => this.told.failed(error.message));
    }
  }

  async cancel() {
    this.#finish(() => this.told.failed("Cancelled."));
    if (this.id !== null) await this.api.post(`jobs/${this.id}/cancel`).catch(() => {});
  }

  async #ask() {
    if (this.id === null || this.isOver) return;
    const message = await this.api.get(`jobs/${this.id}`).catch(() => null);
    if (message?.ended) this.#hear(message);
  }

  #hear(message) {
    if (message.job !== this.id || this.isOver) return;
    if (message.error) this.#finish(() => this.told.failed(message.error));
    else if (message.done) this.#finish(() => this.told.done(message.result));
    else if (message.data) this.told.picture(message);
    else this.told.progress(message);
  }

  #finish(tell) {
    if (this.isOver) return;
    this.isOver = true;
    clearInterval(this.timer);
    this.off();
    tell();
  }
}

// A place of the page where one job at a time is followed.
export class JobPlace {
  constructor({ api, socket, name, checkpoint }) {
    Object.assign(this, { api, socket, name, checkpoint });
    this.run = null;
    this.said = el("p", { role: "status", class: "small message" });
    this.bar = el("progress", { max: 1, "aria-label": "Progress" });
    this.stop = actionButton("Cancel", () => this.run?.cancel());
    this.working = el("div", { class: "working", hidden: true }, this.bar, this.stop);
    this.root = el("div", { class: "job" }, this.working, this.said);
    this.buttons = []; // that start a job here
  }

  // told: {picture(message)?, done(result)}; body: as `POST /api/runs/NAME/jobs` has it.
  start(body, told) {
    if (this.run && !this.run.isOver) return;
    this.#work(true);
    say(this.said, "Starting …");
    this.run = new JobRun(this.api, this.socket, {
      picture: told.picture ?? (() => {}),
      progress: ({ stage, step, total }) => {
        if (total) this.bar.value = step / total;
        else this.bar.removeAttribute("value");
        say(this.said, total ? `${stage}: ${step} of ${total}` : `${stage} …`);
      },
      done: (result) => {
        this.#work(false);
        say(this.said, result.said ?? "");
        told.done(result);
      },
      failed: (sentence) => {
        this.#work(false);
        say(this.said, sentence);
      },
    });
    this.run.start(this.name, { checkpoint: this.checkpoint, ...body });
  }

  end() {
    if (this.run && !this.run.isOver) this.run.cancel();
  }

  #work(on) {
    const hadFocus = this.working.contains(document.activeElement);
    this.working.hidden = !on;
    this.bar.removeAttribute("value");
    for (const button of this.buttons) button.disabled = on;
    if (!on && hadFocus) this.buttons[0]?.focus();
  }
}
