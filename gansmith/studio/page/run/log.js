// What happened in a run, newest first: findings, changes, and what was logged.

import { el, fill, say } from "../frame/element.js";
import { amount, writtenValue } from "../frame/words.js";

const MOST_LINES = 200;

export class Log {
  constructor() {
    this.list = el("ul", { class: "log" });
    this.printed = el("pre", { class: "scrolled small", tabindex: "0", "aria-label": "What the training printed" });
    this.said = el("details", {}, el("summary", {}, "What the training printed"), this.printed);
    this.root = el("details", { class: "section", open: true }, el("summary", {}, "Log"), this.list, this.said);
    this.entries = [];
  }

  set({ log = [], changes = [], findings = [], printed = [] }) {
    this.entries = [
      ...log.map((row) => ({ update: row.update, kind: "note", text: textOfRow(row) })),
      ...changes.map((row) => ({ update: row.at, kind: "change", text: textOfChange(row) })),
      ...findings.filter((row) => !isChange(row)).map((row) => ({ update: row.update, kind: "finding", text: row.line || row.text })),
    ].filter((entry) => entry.text);
    this.entries.sort((a, b) => (a.update ?? 0) - (b.update ?? 0)); // of one update: as they stand above
    say(this.printed, printed.join("\n"));
    this.said.hidden = !printed.length;
    this.draw();
  }

  addRow(row) {
    this.add({ update: row.update, kind: "note", text: textOfRow(row) });
  }

  addFinding(row) {
    if (!isChange(row)) this.add({ update: row.update, kind: "finding", text: row.line || row.text });
  }

  add(entry) {
    if (!entry.text || this.entries.some(({ update, text }) => update === entry.update && text === entry.text)) return;
    this.entries.push(entry);
    this.draw();
  }

  draw() {
    const newest = this.entries.slice(-MOST_LINES).reverse();
    const left = this.entries.length - newest.length;
    const items = newest.map(({ update, kind, text }) =>
      el(
        "li",
        { "data-kind": kind },
        Number.isFinite(update) ? el("span", { class: "soft" }, `update ${amount(update)} `) : null,
        text,
      ),
    );
    const more = left ? el("li", { class: "soft" }, `${amount(left)} older lines are in the run's files.`) : null;
    fill(this.list, items.length ? items : el("li", { class: "soft" }, "No change, no finding and no message."), more);
  }
}

function textOfRow(row) {
  if (row.text) return row.text;
  return row.name === undefined ? "" : `${row.name} = ${writtenValue(row.value)}`;
}

// A row of changes.jsonl: {at, back_to, reason, change: {key: [old, new]}}.
function textOfChange({ back_to, reason, change = {} }) {
  const what = Object.entries(change).map(([key, [old, now]]) => `${key}: ${writtenValue(old) || "(none)"} → ${writtenValue(now)}`);
  const back = back_to ? `went back to update ${amount(back_to)}` : "went back to the beginning";
  const why = /^asked for\b/.test(reason || "") ? "asked for" : reason; // what was asked for is said already
  return `${back}${what.length ? `, with ${what.join(", ")}` : ""}${why ? ` (${why})` : ""}`;
}

// Whether a finding is the record of a change, which has a line of its own.
const isChange = ({ state }) => state === "changed course";
