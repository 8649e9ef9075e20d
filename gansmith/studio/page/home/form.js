// The settings of a training to be: few first, the rest folded by table, each with what it means.

import { el, fill } from "../frame/element.js";
import { Control } from "../frame/control.js";

// What a beginner may want to set; all other keys are below, in their tables.
const FIRST_KEYS = [
  "data.size",
  "data.batch",
  "data.labels",
  "loss.name",
  "regularizer.name",
  "regularizer.gamma",
  "augment.name",
  "optimizer.generator.rate",
  "optimizer.discriminator.rate",
  "seed",
];
// These are asked for elsewhere on the page, or written by a run.
const KEYS_ELSEWHERE = new Set([
  "format",
  "name",
  "data.source",
  "given",
  "thread_changes",
  "budget.updates",
  "budget.images",
  "budget.epochs",
  "budget.minutes",
  "budget.estimated_images",
]);

export class SettingsForm {
  // `changed()` is called after each change.
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
    this.controls = new Map();
  }

  // groups: [{table, title, fields}]. What a person has changed is kept where the key is still there.
  set(groups) {
    const kept = this.settings;
    this.controls.clear();
    for (const field of groups.flatMap((group) => group.fields)) {
      if (KEYS_ELSEWHERE.has(field.key)) continue;
      const control = new Control(field, () => this.mark(control));
      this.controls.set(field.key, control);
      if (field.key in kept) control.set(kept[field.key]);
    }
    const first = FIRST_KEYS.map((key) => this.controls.get(key)).filter(Boolean);
    const tables = groups.map((group) => this.table(group)).filter(Boolean);
    fill(this.root, el("div", { class: "settings" }, first.map(({ root }) => root)), el("h3", {}, "All other settings, by table"), tables);
    for (const control of this.controls.values()) this.show(control);
  }

  table({ table, title, fields }) {
    const controls = fields.map(({ key }) => !FIRST_KEYS.includes(key) && this.controls.get(key)).filter(Boolean);
    if (!controls.length) return null;
    return el(
      "details",
      {},
      el("summary", {}, el("code", {}, table ? `[${table}]` : "(all)"), ` ${title}`),
      el("div", { class: "settings" }, controls.map(({ root }) => root)),
    );
  }

  mark(control) {
    this.show(control);
    this.changed();
  }

  show({ root, isChanged }) {
    root.classList.toggle("changed", isChanged);
  }

  // What a person has changed: {key: text}.
  get settings() {
    const changed = [...this.controls].filter(([, control]) => control.isChanged);
    return Object.fromEntries(changed.map(([key, control]) => [key, control.text]));
  }

  // The values of some settings as they are now: {key: text}; those that the recipe has not are left out.
  textsOf(keys) {
    return Object.fromEntries(keys.filter((key) => this.controls.has(key)).map((key) => [key, this.controls.get(key).text]));
  }

  // {key: {choice: why}}
  refuse(refused) {
    for (const [key, control] of this.controls) control.refuse(refused[key]);
  }
}
