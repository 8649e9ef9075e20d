// Real or generated? The server keeps the answers and says each after its guess; here is nothing that tells before.

import { actionButton, el, fill, say } from "../frame/element.js";
import { plural, runPath, threeDigits } from "../frame/words.js";

const COUNTS = [10, 20, 40];

// Fills `root` with the part; returns a function that ends it.
export function mountQuiz(root, { api, name }) {
  const quiz = new QuizPart(api, name);
  fill(root, quiz.root);
  return () => quiz.end();
}

class QuizPart {
  constructor(api, name) {
    Object.assign(this, { api, name });
    this.isOpen = true;
    this.addresses = []; // of the pictures, in their order
    this.count = el("select", { "aria-label": "How many items" }, COUNTS.map((one) => el("option", { value: one }, `${one} items`)));
    this.begin = actionButton("Begin", () => this.#begin(), { class: "main" });
    this.round = el("span", { class: "small soft" });
    this.picture = el("img", { alt: "Real or generated?", class: "question" });
    this.frame = el("div", { class: "frame", hidden: true }, this.picture);
    this.real = actionButton("Real", () => this.#guess("real"), { "aria-keyshortcuts": "R" });
    this.made = actionButton("Generated", () => this.#guess("generated"), { "aria-keyshortcuts": "G" });
    this.answers = el("div", { class: "row answers", hidden: true }, this.real, this.made, el("span", { class: "small soft" }, "or the keys R and G"));
    this.said = el("div", { role: "status", class: "said" });
    this.score = el("p", { class: "small soft" });
    this.afterwards = el("div", { class: "afterwards" });
    this.root = el(
      "div",
      { class: "quiz" },
      el(
        "section",
        { "aria-labelledby": "quiz-title" },
        el("div", { class: "head" }, el("h2", { id: "quiz-title" }, "Real or generated?"), this.round, el("label", {}, this.count), this.begin),
        el("p", { class: "hint" }, "One item at a time: is it one of the data, or did the generator make it? About half are real. The answers stay with the studio until you guess."),
        this.frame,
        this.answers,
        this.said,
        this.score,
      ),
      this.afterwards,
    );
    this.onKey = (event) => this.#key(event);
    document.addEventListener("keydown", this.onKey);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    const guesses = { r: "real", g: "generated" };
    const guess = guesses[event.key.toLowerCase()];
    if (guess && !this.answers.hidden) this.#guess(guess);
  }

  async #begin() {
    this.begin.disabled = true;
    this.frame.hidden = this.answers.hidden = true;
    fill(this.afterwards);
    this.#forget();
    say(this.score, "");
    say(this.said, "The studio makes the items …");
    try {
      const { quiz, count } = await this.api.post(runPath(this.name, "quiz"), { count: Number(this.count.value) });
      if (!this.isOpen) return;
      Object.assign(this, { quiz, total: count, number: 0, right: 0 });
      say(this.said, "");
      await this.#ask();
    } catch (error) {
      say(this.said, error.message);
    }
    this.begin.disabled = false;
    say(this.begin, "Begin again");
  }

  // Shows the next picture; nothing can be guessed until it is there.
  async #ask() {
    this.#enable(false);
    const address = await this.api.address(`quiz/${this.quiz}/${this.number}`);
    if (!this.isOpen) {
      URL.revokeObjectURL(address);
      return;
    }
    this.addresses.push(address);
    this.picture.src = address;
    await this.picture.decode().catch(() => {});
    this.frame.hidden = this.answers.hidden = false;
    this.begin.classList.remove("main"); // what is asked for now are answers
    say(this.round, `Picture ${this.number + 1} of ${this.total}`);
    this.#enable(true);
    if (!this.number) this.real.focus();
  }

  async #guess(guess) {
    if (this.real.disabled) return;
    const focused = document.activeElement;
    this.#enable(false);
    try {
      const answer = await this.api.post(`quiz/${this.quiz}/${this.number}`, { guess });
      this.right += answer.right;
      this.number++;
      const kind = `${answer.was}${answer.label === null ? "" : `, ${answer.label}`}`;
      const words = `Picture ${this.number} was ${kind}: you were ${answer.right ? "right" : "wrong"}.${saidByD(answer)}`;
      fill(this.said, this.#small(this.number - 1), el("p", {}, words));
      say(this.score, `${this.right} of ${this.number} right so far.`);
      if (this.number < this.total) await this.#ask();
      else await this.#finish();
      if (focused?.isConnected && !focused.disabled && this.answers.contains(focused)) focused.focus();
    } catch (error) {
      say(this.said, error.message);
      this.#enable(true);
    }
  }

  // A picture of the quiz, small; the words beside it say what it is.
  #small(number) {
    return el("img", { class: "small-question", src: this.addresses[number], alt: "" });
  }

  #forget() {
    for (const address of this.addresses) URL.revokeObjectURL(address);
    this.addresses = [];
  }

  #enable(on) {
    this.real.disabled = this.made.disabled = !on;
  }

  async #finish() {
    const told = await this.api.get(`quiz/${this.quiz}`);
    this.frame.hidden = this.answers.hidden = true;
    say(this.round, "");
    const head = el("h2", { tabindex: "-1" }, `You were right ${told.right} of ${told.count} times`);
    fill(this.afterwards, el("section", { "aria-label": "The result" }, head, verdictOf(told), kindsOf(told), this.#mistakes(told), discriminatorOf(told, (number) => this.#small(number)), scoresOf(told)));
    say(this.score, "");
    this.begin.classList.add("main");
    head.focus();
  }

  // The pictures that were taken for what they are not.
  #mistakes({ answers }) {
    const wrong = answers.map((answer, number) => ({ ...answer, number })).filter(({ right }) => !right);
    if (!wrong.length) return null;
    const words = ({ number, was, label, guess }) => `№ ${number + 1}: ${was}${label === null ? "" : `, ${label}`}; you said ${guess}`;
    const figures = wrong.map((answer) => el("figure", {}, this.#small(answer.number), el("figcaption", { class: "small" }, words(answer))));
    return el("div", {}, el("h3", {}, "Your mistakes"), el("div", { class: "mistakes" }, figures));
  }

  end() {
    this.isOpen = false;
    document.removeEventListener("keydown", this.onKey);
    this.#forget();
  }
}

function saidByD({ said, logit }) {
  if (said === null) return "";
  return ` The discriminator took it for ${said} (logit ${threeDigits(logit)}).`;
}

function verdictOf({ count, right }) {
  const guessing = `Guessing gives about ${count / 2}.`;
  const spread = Math.sqrt(count) / 2;
  const words =
    right > count / 2 + 2 * spread ? "You can tell them apart."
    : right < count / 2 - 2 * spread ? "You can tell them apart, and took one kind for the other."
    : "That is within what guessing gives: the items fool you, or the quiz was short.";
  return el("p", {}, `${guessing} ${words}`);
}

// Which kinds fooled the person.
function kindsOf({ kinds }) {
  const fooled = kinds.filter((row) => row.fooled);
  if (!fooled.length) return el("p", {}, "No kind of item fooled you.");
  const named = ({ was, label }) => (label === null ? `${was} items` : `${label}, ${was}`);
  return el(
    "div",
    {},
    el("h3", {}, "What fooled you"),
    el("ul", {}, fooled.map((row) => el("li", {}, `${named(row)}: ${row.fooled} of ${row.count} taken for ${row.was === "real" ? "generated" : "real"}`))),
  );
}

function discriminatorOf({ discriminator, answers, seen, data }, small) {
  if (discriminator === null) {
    return el("p", { class: "hint" }, "The discriminator could not be asked: this run holds none, or the classes of these items are not known.");
  }
  const remark = seen ? ` It was trained on these real items of ${data}, which you were not.` : ` It was not trained on these real items of ${data}.`;
  const bounds = answers.map(({ logit }) => Math.abs(logit - discriminator.threshold));
  const widest = Math.max(1e-6, ...bounds);
  return el(
    "div",
    {},
    el("h3", {}, "What the discriminator said"),
    el("p", {}, `It was right ${discriminator.right} of ${answers.length} times.${remark}`),
    el(
      "table",
      { class: "small" },
      el("thead", {}, el("tr", {}, ["№", "It was", "You said", "D said", "Logit"].map((one) => el("th", { scope: "col" }, one)))),
      el("tbody", {}, answers.map((answer, index) => rowOf(answer, index, small(index), discriminator.threshold, widest))),
    ),
    el("p", { class: "hint" }, `Above ${threeDigits(discriminator.threshold)} the discriminator takes an item for real.`),
  );
}

function rowOf({ was, label, guess, said, logit, right }, index, picture, threshold, widest) {
  const bar = el("meter", { min: -1, max: 1, low: 0, "aria-hidden": "true" });
  bar.value = (logit - threshold) / widest;
  const mark = (word, isRight) => `${word} ${isRight ? "✓" : "✗"}`;
  return el(
    "tr",
    {},
    el("td", {}, el("span", { class: "numbered" }, picture, String(index + 1))),
    el("td", {}, label === null ? was : `${was}, ${label}`),
    el("td", {}, mark(guess, right)),
    el("td", {}, mark(said, said === was)),
    el("td", {}, bar, ` ${threeDigits(logit)}`),
  );
}

function scoresOf({ scores }) {
  if (scores.length < 2) return el("p", { class: "hint" }, "This score is kept with the run.");
  const last = scores.slice(-10).map(({ right, count }) => `${right} of ${count}`);
  const best = scores.reduce((top, one) => (one.right / one.count > top.right / top.count ? one : top));
  return el(
    "div",
    {},
    el("h3", {}, "Your scores"),
    el("p", {}, `${plural(scores.length, "quiz", "quizzes")} of this run, the last ones: ${last.join(", ")}. The best: ${best.right} of ${best.count}.`),
  );
}
