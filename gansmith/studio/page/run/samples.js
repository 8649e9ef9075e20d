// Samples of the same latents at every time: pictures form while one looks, and a slider goes back.

import { actionButton, el, say } from "../frame/element.js";
import { amount, duration, runPath } from "../frame/words.js";

const MOST_SHEETS = 60; // sheets in memory
const SHEET_MILLISECONDS = 250; // milliseconds of a sheet, when they are played

export class Samples {
  constructor({ api }, name) {
    this.api = api;
    this.name = name;
    this.sheets = []; // {update, images_seen, seconds}, oldest first
    this.kept = new Map(); // address by update; the least recently shown first
    this.isNewest = true;
    this.timer = null;
    this.real = null;
    this.build();
  }

  build() {
    this.picture = el("img", { class: "sheet large", alt: "", hidden: true });
    this.frame = el("div", { class: "frame" }, this.picture);
    this.slider = el("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Time of the samples" });
    this.slider.addEventListener("input", () => {
      this.stop();
      this.look(Number(this.slider.value));
    });
    this.said = el("p", { class: "caption" }, "No samples yet");
    this.play = actionButton("Play", () => this.playOrStop(), { "aria-pressed": "false" });
    this.newest = actionButton("Newest", () => (this.stop(), this.look(this.sheets.length - 1)));
    this.against = actionButton("Real items", () => this.showReal(), { "aria-pressed": "false" });
    this.root = el(
      "section",
      { "aria-labelledby": "samples-title" },
      el("div", { class: "head" }, el("h2", { id: "samples-title" }, "Samples")),
      el("p", { class: "hint" }, "Each place shows the same random numbers, made by the generator as it was at that time."),
      this.frame,
      this.said,
      this.slider,
      el("div", { class: "row" }, this.play, this.newest, this.against),
    );
  }

  // Sheets that there are now; `afresh`: they replace all. Where the newest is looked at, it stays with the newest.
  addSheets(sheets, afresh = false) {
    const known = afresh ? [] : this.sheets.filter(({ update }) => update < (sheets[0]?.update ?? Infinity));
    const looked = this.sheets[this.index]?.update;
    this.sheets = [...known, ...sheets];
    const place = this.sheets.findLastIndex(({ update }) => update <= looked);
    const isNewest = this.isNewest || place < 0;
    this.index = isNewest ? this.sheets.length - 1 : place;
    this.slider.max = Math.max(0, this.sheets.length - 1);
    this.slider.value = this.index;
    if (afresh || !isNewest) this.look(this.index); // else its picture follows at once
  }

  // The picture of a sheet as it was just made: PNG bytes.
  addPicture(update, data) {
    this.keep(update, URL.createObjectURL(new Blob([data], { type: "image/png" })));
    if (this.sheets[this.index]?.update === update) this.look(this.index);
  }

  async look(index) {
    for (const part of [this.play, this.slider]) part.disabled = this.sheets.length < 2;
    this.newest.disabled = true;
    if (index < 0) return;
    this.index = index;
    this.isNewest = index === this.sheets.length - 1;
    this.slider.max = this.sheets.length - 1;
    this.slider.value = index;
    this.newest.disabled = this.isNewest;
    const sheet = this.sheets[index];
    const words = wordsOfSheet(sheet, this.isNewest);
    this.slider.setAttribute("aria-valuetext", words);
    this.against.setAttribute("aria-pressed", "false");
    const address = await this.addressOf(sheet.update);
    if (this.index !== index || !address) return; // another time is looked at by now
    this.picture.hidden = false;
    this.picture.src = address;
    this.picture.alt = `Samples, ${words}`;
    say(this.said, words);
  }

  async addressOf(update) {
    if (!this.kept.has(update)) {
      const address = await this.api.address(runPath(this.name, `sheet/${update}`)).catch(() => null);
      if (address) this.keep(update, address);
    }
    return this.kept.get(update);
  }

  keep(update, address) {
    if (this.kept.has(update)) URL.revokeObjectURL(this.kept.get(update));
    this.kept.delete(update);
    this.kept.set(update, address);
    if (this.kept.size <= MOST_SHEETS) return;
    const [oldest] = this.kept.keys();
    URL.revokeObjectURL(this.kept.get(oldest));
    this.kept.delete(oldest);
  }

  playOrStop() {
    if (this.timer) this.stop();
    else {
      if (this.isNewest) this.index = -1;
      this.play.setAttribute("aria-pressed", "true");
      say(this.play, "Stop");
      this.timer = setTimeout(() => this.step(), 0);
    }
  }

  async step() {
    await this.look(this.index + 1);
    if (!this.timer) return;
    if (this.isNewest || document.hidden) this.stop();
    else this.timer = setTimeout(() => this.step(), SHEET_MILLISECONDS);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
    this.play.setAttribute("aria-pressed", "false");
    say(this.play, "Play");
  }

  // Real items in the same place, to compare; pressed again, the samples.
  async showReal() {
    this.stop();
    if (this.against.getAttribute("aria-pressed") === "true") return this.look(this.index);
    this.real ||= await this.api.address(runPath(this.name, "real")).catch(() => null);
    this.against.setAttribute("aria-pressed", "true");
    if (this.real) {
      this.picture.hidden = false;
      this.picture.src = this.real;
    }
    this.picture.alt = "Real items";
    say(this.said, this.real ? "Real items of the training data" : "This run has no sheet of real items.");
  }

  leave() {
    this.stop();
    for (const address of [...this.kept.values(), this.real]) if (address) URL.revokeObjectURL(address);
  }
}

function wordsOfSheet({ update, images_seen, seconds }, isNewest) {
  return [
    `update ${amount(update)}`,
    Number.isFinite(seconds) ? `after ${duration(seconds)}` : null,
    Number.isFinite(images_seen) ? `${amount(images_seen)} items seen` : null,
    isNewest ? "the newest" : null,
  ].filter(Boolean).join(" · ");
}
