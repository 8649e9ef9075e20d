// What a run is: facts of its data and machine, and every setting of its recipe with what it means.

import { el, termList } from "../frame/element.js";
import { amount, shapeWords, writtenValue } from "../frame/words.js";

export function factsOf(facts, recipe, meanings) {
  const rows = Object.entries(recipe).map(([key, value]) =>
    el("tr", {}, el("th", { scope: "row" }, el("code", {}, key)), el("td", {}, writtenValue(value) || "(none)"), el("td", { class: "soft" }, meanings[key] || "")),
  );
  return [
    el("details", { class: "section" }, el("summary", {}, "Facts"), groupsOfFacts(facts)),
    el(
      "details",
      { class: "section" },
      el("summary", {}, "All settings"),
      el(
        "div",
        { class: "scrolled", tabindex: "0", role: "region", "aria-label": "All settings" },
        el("table", {}, el("thead", {}, el("tr", {}, ["Setting", "Value", "Meaning"].map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, rows)),
      ),
    ),
  ];
}

const FACT_NAMES = {
  kind: "what it is",
  item_shape: "one item",
  class_names: "classes",
  left_out: "left out",
  platform: "system",
  threads: "threads of each process",
  "instruction set": "instructions of the processor",
  "onednn limit": "limit on these instructions",
  "bfloat16 products": "products in 16 bits",
  gpu: "graphics card",
  processors: "cores",
  machine: "kind of processor",
  ranks: "processes that train together",
};
const FACT_TITLES = { data: "The data", environment: "The machine and its programs", origin: "What the training started from" };

// {group: {name: value}}; what is empty is left out.
function groupsOfFacts(facts) {
  return Object.entries(facts || {})
    .filter(([, group]) => group && Object.keys(group).length)
    .map(([name, group]) => {
      const pairs = Object.entries(group).map(([term, what]) => [FACT_NAMES[term] || term.replaceAll("_", " "), factWords(term, what)]);
      return [el("h3", {}, FACT_TITLES[name] || name), termList(pairs.filter(([, words]) => words))];
    });
}

// A fact in words; "" for what is empty.
export function factWords(term, value) {
  if (term === "item_shape") return shapeWords(value);
  if (typeof value === "number") return amount(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map((one) => factWords("", one)).join(", ");
  if (value === null || typeof value !== "object") return writtenValue(value);
  return Object.entries(value).map(([name, one]) => `${name.replaceAll("_", " ")}: ${factWords(name, one)}`).join(", ");
}
