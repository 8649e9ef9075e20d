// A new training: what to train on, what the networks will see, the settings, how long, start.

import { actionButton, el, fill, say, termList } from "../frame/element.js";
import { BudgetControl } from "../frame/control.js";
import { amount, plural, runPage, shapeWords, writtenValue } from "../frame/words.js";
import { attempted } from "../run/actions.js";
import { filesOf, filesOfInput, sendFiles } from "./dropped.js";
import { SettingsForm } from "./form.js";
import { fillBusy, surveyOf } from "./survey.js";

const CHECK_AFTER = 350; // milliseconds without a change before the settings are checked
// Settings that change what the networks will see, as `data info` shows it.
const SEEN_BY = ["size", "channels", "crop", "fit", "background", "range", "split", "first", "attribute", "kind", "columns", "scale", "rate", "length"].map((key) => `data.${key}`);
const OWN_RECIPE = "folder"; // the recipe for data of one's own; the server names another where their kind has its own
const FIRST_RECIPE = "digits";

export function openNew(view, context) {
  const page = new NewTraining(view, context);
  page.begin();
  return () => page.leave();
}

class NewTraining {
  constructor(view, context) {
    Object.assign(this, { view, context, api: context.api, source: "", asked: 0, checks: 0, looks: 0, isOpen: true });
    this.recipe = el("select", { id: "recipe", onchange: () => this.choose("") });
    this.summary = el("p", { class: "soft small" });
    this.typed = el("input", { id: "source", type: "text", autocomplete: "off", spellcheck: "false" });
    this.copying = el("p", { class: "small", role: "status" });
    this.survey = el("div", { role: "status" });
    this.settings = el("div");
    this.form = new SettingsForm(this.settings, () => this.soon());
    this.budget = new BudgetControl("How long", {}, () => this.soon());
    this.name = el("input", { id: "run-name", type: "text", autocomplete: "off", spellcheck: "false" });
    this.refusal = el("p", { class: "error", role: "status" });
    this.remarks = el("div", { class: "small" });
    this.start = actionButton("Start the training", attempted(context.notice, () => this.begun()), { class: "main" });
    this.timer = null;
    this.build();
  }

  build() {
    const part = (title, ...contents) => el("section", {}, el("h2", {}, title), ...contents);
    fill(
      this.view,
      el("div", { class: "title" }, el("h1", { tabindex: "-1" }, "New training")),
      el(
        "div",
        { class: "steps" },
        part("1. What to train on", this.sources()),
        part("2. What the networks will see", this.survey),
        part("3. Settings", el("p", { class: "hint" }, "They are good as they are. What you change is marked."), this.settings),
        part(
          "4. How long",
          this.budget.root,
          el("label", { class: "stacked", for: "run-name" }, "Name of the training (optional: else its recipe and a number)", this.name),
          this.refusal,
          this.remarks,
          el("div", { class: "row" }, this.start),
        ),
      ),
    );
  }

  sources() {
    const files = el("input", { type: "file", multiple: true, id: "files", class: "unseen", tabindex: "-1" });
    const folder = el("input", { type: "file", webkitdirectory: true, id: "folder", class: "unseen", tabindex: "-1" });
    for (const input of [files, folder]) {
      input.setAttribute("aria-hidden", "true");
      input.addEventListener("change", () => this.send(Promise.resolve(filesOfInput(input))));
    }
    const zone = el(
      "div",
      { class: "drop" },
      el("p", {}, el("strong", {}, "Own data: "), "drop a folder, a zip, pictures, sounds, a table (.csv) or words (.txt) here. They stay on this machine."),
      el(
        "div",
        { class: "row" },
        actionButton("Choose a folder", () => folder.click()),
        actionButton("Choose files", () => files.click()),
        files,
        folder,
      ),
      this.copying,
    );
    this.takeDrops(zone);
    const look = attempted(this.context.notice, () => this.choose(this.typed.value.trim(), true));
    this.typed.addEventListener("keydown", (event) => event.key === "Enter" && look());
    return [
      el("label", { class: "stacked", for: "recipe" }, "A ready recipe, with its own data", this.recipe),
      this.summary,
      zone,
      el(
        "details",
        {},
        el("summary", {}, "Other data: by its name"),
        el(
          "label",
          { class: "stacked", for: "source" },
          "A built-in name (digits, glyphs, ring ...), or a path within the folder that this studio shows",
          this.typed,
        ),
        el("div", { class: "row" }, actionButton("Take it", look)),
      ),
    ];
  }

  takeDrops(zone) {
    this.drops = {
      dragover: (event) => (event.preventDefault(), zone.classList.add("over")),
      dragleave: () => zone.classList.remove("over"),
      drop: (event) => {
        event.preventDefault();
        zone.classList.remove("over");
        this.send(filesOf(event.dataTransfer));
      },
    };
    for (const [kind, listener] of Object.entries(this.drops)) this.view.addEventListener(kind, listener);
  }

  async begin() {
    try {
      const { recipes } = this.context.cards.home || (await this.context.cards.refresh());
      this.summaries = new Map(recipes.map(({ name, summary }) => [name, summary]));
      fill(this.recipe, recipes.map(({ name }) => el("option", { value: name }, name)));
      this.recipe.value = this.summaries.has(FIRST_RECIPE) ? FIRST_RECIPE : recipes[0].name;
      await this.choose("");
    } catch (error) {
      this.context.notice.fail(error);
    }
  }

  // Files go to the server, and become the data of the recipe for own data.
  async send(pending) {
    try {
      const { source, left } = await sendFiles(this.api, await pending, (text) => say(this.copying, text));
      say(this.copying, left ? `Copied. ${plural(left, "file")} left out: nothing that can be learned from.` : "Copied.");
      await this.choose(source, true);
    } catch (error) {
      say(this.copying, error.message);
    }
  }

  // Takes data (empty: the recipe's own); `isOwn`: with the recipe for own pictures.
  async choose(source, isOwn = false) {
    this.source = source;
    if (isOwn && this.summaries.has(OWN_RECIPE)) this.recipe.value = OWN_RECIPE;
    const asked = ++this.asked;
    this.looks++; // one that is under way is of other data
    this.found = null;
    say(this.summary, this.summaries.get(this.recipe.value) || "");
    fillBusy(this.survey, "Looking at the data …");
    const query = new URLSearchParams({ recipe: this.recipe.value, ...(source ? { source } : {}) });
    try {
      const { groups, recipe, source: found } = await this.api.get(`form?${query}`);
      if (asked !== this.asked || !this.isOpen) return;
      this.takeRecipe(recipe);
      this.values = new Map(groups.flatMap(({ fields }) => fields.map((field) => [field.key, field.value])));
      this.form.set(groups);
      this.takeBudget();
      this.soon();
      this.found = { source: source || found, groups };
      await this.look();
    } catch (error) {
      if (asked === this.asked) fill(this.survey, el("p", { class: "error" }, error.message));
    }
  }

  // Shows what the data is with the settings as they are now.
  async look() {
    this.seenBy = this.form.textsOf(SEEN_BY);
    if (!this.source && this.recipe.value === OWN_RECIPE) {
      fill(this.survey, el("p", { class: "soft" }, "This recipe has no data of its own: drop some above."));
      return;
    }
    const look = ++this.looks;
    const { source, groups } = this.found;
    fillBusy(this.survey, "Looking at the data …");
    const contents = await this.api.post("survey", { source, settings: this.seenBy }).then(
      (survey) => surveyOf(survey, chosenIn(groups)),
      (error) => [el("p", { class: "error" }, error.message)],
    );
    if (look === this.looks && this.isOpen) fill(this.survey, contents);
  }

  // The recipe that the server found for the data's kind.
  takeRecipe(name) {
    if (!this.summaries.has(name) || name === this.recipe.value) return;
    this.recipe.value = name;
    say(this.summary, this.summaries.get(name));
  }

  // The recipe's own budget is offered first.
  takeBudget() {
    const unit = ["minutes", "updates", "epochs"].find((one) => Number(this.values.get(`budget.${one}`)) > 0);
    this.budget.set(unit || "minutes", unit ? writtenValue(this.values.get(`budget.${unit}`)) : "5");
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.check();
      if (this.found && JSON.stringify(this.seenBy) !== JSON.stringify(this.form.textsOf(SEEN_BY))) this.look();
    }, CHECK_AFTER);
  }

  get asking() {
    return { recipe: this.recipe.value, source: this.source, settings: this.form.settings, ...this.budget.asked };
  }

  async check() {
    const check = ++this.checks;
    const asked = this.asked;
    try {
      const { refusal, remarks = [], refused = {}, summary = {} } = await this.api.post("check", this.asking);
      if (asked !== this.asked || check !== this.checks || !this.isOpen) return; // of settings that are no more
      this.form.refuse(refused);
      say(this.refusal, refusal || "");
      this.start.disabled = Boolean(refusal);
      fill(this.remarks, remarks.length ? el("ul", {}, remarks.map((one) => el("li", {}, one))) : null, summaryOf(summary));
    } catch (error) {
      if (check !== this.checks) return;
      say(this.refusal, error.message);
      this.start.disabled = true;
      fill(this.remarks);
    }
  }

  async begun() {
    const name = this.name.value.trim();
    const { name: made } = await this.api.post("train", { ...this.asking, ...(name ? { name } : {}) });
    location.hash = runPage(made);
  }

  leave() {
    this.isOpen = false;
    clearTimeout(this.timer);
    for (const [kind, listener] of Object.entries(this.drops)) this.view.removeEventListener(kind, listener);
  }
}

// Settings that the data asked for: [{key, value, reason}].
function chosenIn(groups) {
  return groups.flatMap(({ fields }) => fields.filter(({ reason }) => reason));
}

// What will be trained, in numbers a person can weigh.
function summaryOf({ items, item_shape, updates_per_epoch, updates, generator, discriminator }) {
  if (!items) return null;
  const parameters = (player) => (player ? `${amount(player.parameters)} parameters` : "");
  return termList(
    [
      ["Items", `${amount(items)}, ${shapeWords(item_shape)}`],
      ["One pass over the data", plural(updates_per_epoch, "update")],
      updates ? ["The whole training", plural(updates, "update")] : null,
      ["Generator", parameters(generator)],
      ["Discriminator", parameters(discriminator)],
    ].filter((pair) => pair && pair[1]),
  );
}
