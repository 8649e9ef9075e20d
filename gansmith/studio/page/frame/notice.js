// What the studio says at the foot of the window: one sentence, and perhaps a way back.

import { actionButton, el, fill } from "./element.js";

const SECONDS_SHOWN = 8;

export class Notice {
  constructor(root) {
    this.root = root;
    this.timer = null;
    this.isError = false;
  }

  // Shows a sentence. With an action ({label, act}) it stays until it is used, put away, or replaced.
  tell(text, action = null) {
    clearTimeout(this.timer);
    this.isError = false;
    const act = action && actionButton(action.label, () => (this.clear(), action.act()));
    fill(this.root, el("span", {}, text), act, actionButton("Close", () => this.clear(), { class: "plain" }));
    if (!action) this.timer = setTimeout(() => this.clear(), SECONDS_SHOWN * 1000);
  }

  // Shows what went wrong; it stays as long as the page that it is about.
  fail(error) {
    this.tell(error.message, null);
    clearTimeout(this.timer);
    this.isError = true;
  }

  // Another page is shown.
  leave() {
    if (this.isError) this.clear();
  }

  clear() {
    clearTimeout(this.timer);
    fill(this.root);
  }
}
