// One setting of a training is changed: what that does is said first.

import { el, fill, say } from "../frame/element.js";
import { askingButton } from "../frame/twice.js";
import { Control } from "../frame/control.js";
import { writtenValue } from "../frame/words.js";
import { attempted } from "./actions.js";
import { effectOf, questionOf } from "./effects.js";

export class ChangeBox {
  // `fields`: the settings that may be changed; `change(settings)` asks for it.
  constructor(context, fields, change) {
    this.fields = fields;
    this.choice = el(
      "select",
      { id: "change-key", onchange: () => this.choose() },
      ...groupsOf(fields).map(([table, keys]) =>
        el("optgroup", { label: table }, ...keys.map((key) => el("option", { value: key }, key))),
      ),
    );
    this.place = el("div");
    this.does = el("p", { class: "soft small", role: "status" });
    const act = attempted(context.notice, () => change(this.asked));
    const { root, button, calm } = askingButton("Change it", act, () => questionOf(this.asked, this.finding, this.run), { class: "main" });
    Object.assign(this, { act: button, calm });
    this.root = el(
      "details",
      { class: "section" },
      el("summary", {}, "Change one setting"),
      fields.length
        ? [
            el("div", { class: "row" }, el("label", { for: "change-key" }, "Setting"), this.choice),
            this.place,
            this.does,
            root,
          ]
        : el("p", { class: "soft" }, "No setting of this run can be changed."),
    );
    if (fields.length) this.choose();
  }

  get asked() {
    return { [this.control.field.key]: this.control.text };
  }

  choose() {
    const field = this.fields.find(({ key }) => key === this.choice.value);
    this.control = new Control(field, () => (this.calm(), this.tell()));
    fill(this.place, this.control.root);
    this.calm();
    this.tell();
  }

  tell() {
    const { field, text, isChanged } = this.control;
    this.act.disabled = !isChanged || !this.isAllowed;
    const now = writtenValue(field.value) || "(none)";
    const does = !this.isAllowed
      ? "It can be changed while it trains, or is paused. A finished run has to go on for longer first."
      : isChanged
        ? `${field.key} becomes ${text || "(none)"} in place of ${now}. This ${effectOf(this.asked, this.finding, this.run.changes.at(-1))}. The log keeps a record.`
        : `It is ${now} now. Give another value.`;
    say(this.does, does);
  }

  // Whether the run can be changed now, what the doctor finds, and the run as the server tells of it.
  allow(isAllowed, finding, run) {
    Object.assign(this, { finding, run });
    this.isAllowed = isAllowed;
    if (this.fields.length) this.tell();
  }
}

function groupsOf(fields) {
  const groups = new Map();
  for (const { key } of fields) {
    const table = key.includes(".") ? key.slice(0, key.lastIndexOf(".")) : "of the run";
    groups.set(table, [...(groups.get(table) || []), key]);
  }
  return [...groups];
}
