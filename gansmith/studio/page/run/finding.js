// What the doctor finds: a sentence, its evidence, and what to change; a remedy is one press away.

import { el, fill, termList } from "../frame/element.js";
import { askingButton } from "../frame/twice.js";
import { amount, runPath, threeDigits, writtenValue } from "../frame/words.js";
import { attempted } from "./actions.js";
import { beginsAgain, effectOf, questionOf, wayBack } from "./effects.js";

// States whose picture shows beside each sample the training item that it may be a copy of.
const COPY_STATES = ["one picture memorised", "memorised pictures", "discriminator memorises"];

export class FindingBox {
  // `change(settings)` asks the training for a roll-back with one change.
  constructor(context, name, change) {
    this.context = context;
    this.name = name;
    this.change = change;
    this.body = el("div", { role: "status" });
    this.changed = el("div", { class: "row changed-last" });
    this.picture = null;
    this.root = el(
      "section",
      { "aria-labelledby": "doctor-title" },
      el("div", { class: "head" }, el("h2", { id: "doctor-title" }, "What the doctor finds")),
      this.body,
      this.changed,
    );
    this.shown = null;
  }

  // The newest finding (or null), the run (its recipe by dotted key, its changes), and whether it can be changed now.
  set(finding, run, canChange) {
    const key = JSON.stringify([finding, run.changes.at(-1), canChange]);
    if (key === this.shown) return;
    this.shown = key;
    this.showChange(finding, run, canChange);
    if (!finding || finding.state === "changed course") {
      const words = finding ? "It has not looked since the last change." : "Nothing has been found.";
      fill(this.body, el("p", { class: "soft" }, words));
      return;
    }
    fill(
      this.body,
      el(
        "p",
        { class: "finding", "data-severity": finding.severity },
        el("strong", {}, finding.state),
        finding.certainty ? ` (${finding.certainty})` : "",
        finding.severity === "alarm" ? ` since update ${amount(finding.since_update)}. ` : ": ",
        finding.text || finding.line,
      ),
      this.evidence(finding),
      this.remedies(finding, run, canChange),
    );
    if (finding.picture) this.showPicture(finding);
  }

  // What was changed last, and the way back from it.
  showChange(finding, run, canChange) {
    const [last, old] = [run.changes.at(-1), wayBack(run.changes)];
    this.changed.hidden = !old;
    if (!old) return;
    const words = Object.entries(last.change).map(([key, [from, to]]) => `${key} ${writtenValue(from) || "(none)"} → ${writtenValue(to) || "(none)"}`);
    const act = attempted(this.context.notice, () => this.change(old));
    const back = askingButton("Take it back", act, () => questionOf(old, finding, run));
    fill(this.changed, el("p", {}, `You changed at update ${amount(last.at)}: `, el("strong", {}, words.join(", ")), "."), canChange ? back.root : null);
  }

  evidence({ evidence = {} }) {
    const pairs = Object.entries(evidence).map(([name, value]) => [name, threeDigits(value)]);
    if (!pairs.length) return null;
    return el("details", {}, el("summary", {}, "The numbers it goes by"), termList(pairs));
  }

  remedies(finding, run, canChange) {
    const { remedy = [] } = finding;
    if (!remedy.length) return null;
    const steps = remedy.map((one) => this.remedy(one, finding, run, canChange));
    return el(
      "div",
      { class: "remedies" },
      el("h3", {}, remedy.length === 1 ? "What to change" : "What to change: the first is the one to try first"),
      el("ul", {}, steps),
    );
  }

  remedy({ set, why, source }, finding, run, canChange) {
    const { recipe, changes: made } = run;
    const isAnew = beginsAgain(set);
    const differs = Object.entries(set).some(([key, value]) => writtenValue(recipe[key]) !== writtenValue(value));
    const changes = Object.entries(set).map(([key, value]) =>
      el("div", {}, el("code", {}, key), ` ${writtenValue(recipe[key]) || "(none)"} → `, el("strong", {}, writtenValue(value))),
    );
    const words = Object.entries(set).map((pair) => pair.map(writtenValue).join(" = ")).join(", ");
    const asks = () => questionOf(set, finding, run);
    const apply = askingButton("Apply", attempted(this.context.notice, () => this.change(set)), asks, { class: "main", "aria-label": `Apply: ${words}` });
    return el(
      "li",
      {},
      el(
        "div",
        {},
        ...changes,
        el("p", { class: "small" }, why, source ? ` (${source})` : ""),
        differs && canChange ? el("p", { class: "soft small" }, `“Apply” ${effectOf(set, finding, made.at(-1))}. The log keeps a record${isAnew ? "" : "; the change can be taken back, from where it was made"}.`) : null,
      ),
      differs && canChange ? apply.root : null,
    );
  }

  async showPicture({ picture, state, update }) {
    const { shown } = this;
    const parts = picture.split("/").map(encodeURIComponent).join("/");
    const address = await this.context.api.address(runPath(this.name, `picture/${parts}`)).catch(() => null);
    if (!address) return;
    if (shown !== this.shown) {
      URL.revokeObjectURL(address); // another finding is shown by now
      return;
    }
    this.leave();
    this.picture = address;
    const right = COPY_STATES.includes(state) ? "the training item that is nearest to each" : "real items to compare with";
    this.body.append(
      el(
        "figure",
        { class: "seen-by-doctor" },
        el("img", { class: "sheet", src: address, alt: "What the doctor saw" }),
        el("figcaption", { class: "soft small" }, `What the doctor saw at update ${amount(update)}. Left: samples of the generator. Right: ${right}.`),
      ),
    );
  }

  leave() {
    if (this.picture) URL.revokeObjectURL(this.picture);
    this.picture = null;
  }
}
