// A field for one setting, made from what the server says of it: its kind, choices and meaning.

import { el, fill, say } from "./element.js";
import { writtenValue } from "./words.js";

const NUMBER_OF_CONTROLS = { next: 0 };

export class Control {
  // `field`: {key, value, default, meaning, type, choices}; `changed()` is called after each change.
  constructor(field, changed) {
    this.field = field;
    const id = `setting-${NUMBER_OF_CONTROLS.next++}`;
    this.input = inputOf(field, id);
    this.input.addEventListener("change", changed);
    if (this.input.type === "text") this.input.addEventListener("input", changed);
    this.refused = el("details", { class: "refused", hidden: true });
    const label = el("label", { for: id }, el("code", {}, field.key));
    const meaning = el("p", { class: "meaning", id: `${id}-meaning` }, field.meaning);
    this.input.setAttribute("aria-describedby", meaning.id);
    this.root = el("div", { class: "setting" }, label, this.input, meaning, this.refused);
  }

  // The value as `--set` reads it.
  get text() {
    if (this.field.type === "yes-no") return String(this.input.checked);
    return this.input.value.trim();
  }

  get isChanged() {
    return this.text !== writtenValue(this.field.value);
  }

  // Greys out choices that are refused now, and says why: {choice: one line}.
  refuse(reasons = {}) {
    if (this.field.type !== "choice") return;
    for (const option of this.input.options) {
      const why = option.selected ? undefined : reasons[option.value];
      option.disabled = why !== undefined;
      say(option, why === undefined ? option.value || "(none)" : `${option.value}: ${why}`);
    }
    const choices = Object.keys(reasons);
    const key = JSON.stringify(reasons);
    if (key === this.refusedNow) return;
    this.refusedNow = key;
    fill(
      this.refused,
      el("summary", {}, `Not possible here: ${choices.join(", ")}`),
      el("ul", {}, choices.map((choice) => el("li", {}, `${choice}: ${reasons[choice]}`))),
    );
    this.refused.hidden = choices.length === 0;
  }

  set(text) {
    if (this.field.type === "yes-no") this.input.checked = text === "true";
    else this.input.value = text;
  }
}

function inputOf({ type, value, choices }, id) {
  if (type === "yes-no") return el("input", { type: "checkbox", id, checked: Boolean(value) });
  if (type === "choice") {
    const options = choices.map((choice) => el("option", { value: String(choice) }, String(choice) || "(none)"));
    const select = el("select", { id }, options);
    select.value = String(value);
    return select;
  }
  const numeric = type === "number" || type === "integer";
  return el("input", {
    type: "text",
    id,
    value: writtenValue(value),
    inputmode: numeric ? "decimal" : null,
    autocomplete: "off",
    spellcheck: "false",
  });
}

// How long to train: an amount and its unit. `units`: those that are offered.
export class BudgetControl {
  constructor(label, { unit = "minutes", count = "5" } = {}, changed = () => {}) {
    this.count = el("input", { type: "text", inputmode: "decimal", value: count, class: "short", "aria-label": label });
    this.unit = el(
      "select",
      { "aria-label": "Unit of the amount" },
      ["minutes", "updates", "epochs"].map((one) => el("option", { value: one }, one)),
    );
    this.unit.value = unit;
    this.about = el("span", { class: "soft small" });
    this.root = el("div", { class: "row" }, this.count, this.unit, this.about);
    const tell = () => {
      say(this.about, BUDGET_UNITS[this.unit.value]);
      changed();
    };
    this.unit.addEventListener("change", tell);
    this.count.addEventListener("input", changed);
    say(this.about, BUDGET_UNITS[this.unit.value]);
  }

  set(unit, count) {
    this.unit.value = unit;
    this.count.value = count;
    say(this.about, BUDGET_UNITS[unit]);
  }

  // {minutes: "+5"}: so much more
  get added() {
    return { [this.unit.value]: `+${this.count.value.trim()}` };
  }

  // {minutes: "5"}
  get asked() {
    return { [this.unit.value]: this.count.value.trim() };
  }
}

const BUDGET_UNITS = {
  minutes: "of training, with the time for samples and checkpoints",
  updates: "in each, both networks make their steps",
  epochs: "passes over the data",
};
