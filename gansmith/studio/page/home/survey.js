// What the data is: what the networks will see, what is skipped, and which settings it suggests, with reasons.

import { el, fill } from "../frame/element.js";
import { amount, plural, writtenValue } from "../frame/words.js";

const MOST_SKIPPED = 20;

// survey: what `gansmith data info` says; chosen: [{key, value, reason}].
export function surveyOf(survey, chosen) {
  const { remarks = [] } = survey;
  return [
    el("p", {}, el("strong", {}, survey.description)),
    survey.sheet ? sheetOf(survey) : null,
    remarks.length ? el("ul", { class: "small" }, remarks.map((remark) => el("li", {}, remark))) : null,
    labelsOf(survey),
    skippedOf(survey),
    chosen.length ? chosenOf(chosen) : null,
  ];
}

function sheetOf({ sheet, kind }) {
  const what = { pictures: "as the networks will see them", vectors: "as points" }[kind] ?? "as they are drawn";
  return el(
    "figure",
    { class: "seen" },
    el("img", { class: "sheet", src: `data:image/png;base64,${sheet}`, alt: `Items of the data, ${what}` }),
    el("figcaption", { class: "soft small" }, `Some items, ${what}.`),
  );
}

function labelsOf({ labels }) {
  const names = Object.entries(labels || {});
  if (!names.length) return null;
  const counts = names.map(([name, count]) => el("li", {}, `${name}: ${amount(count)}`));
  return el("details", {}, el("summary", {}, plural(names.length, "class", "classes")), el("ul", { class: "columns small" }, counts));
}

// Files that the training does without, each with the reason.
function skippedOf({ skipped = [], left_out = [] }) {
  const lines = [...skipped, ...left_out].map((one) => {
    if (typeof one === "string") return one;
    if (Array.isArray(one)) return one.join(": ");
    return Object.values(one).map(writtenValue).join(": ");
  });
  if (!lines.length) return el("p", { class: "soft small" }, "Nothing is skipped.");
  const shown = lines.slice(0, MOST_SKIPPED).map((line) => el("li", {}, line));
  const more = lines.length - shown.length;
  return el(
    "details",
    { open: true },
    el("summary", {}, `${plural(lines.length, "file is", "files are")} skipped`),
    el("ul", { class: "small" }, shown, more ? el("li", {}, `and ${amount(more)} more`) : null),
  );
}

function chosenOf(chosen) {
  const rows = chosen.map(({ key, value, reason }) =>
    el("li", {}, el("code", {}, `${key} = ${writtenValue(value)}`), reason ? ` ${reason}` : ""),
  );
  return [el("h3", {}, "Settings that are chosen for this data"), el("ul", { class: "small" }, rows)];
}

export function fillBusy(node, words) {
  fill(node, el("p", { class: "soft" }, words));
}
