// What a run is: facts of its data and machine, and every setting of its recipe with what it means.

import { el, termList } from "../frame/element.js";
import { writtenValue } from "../frame/words.js";

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

const FACT_TITLES = { data: "The data", environment: "The machine and its programs", origin: "What the training started from" };

// {group: {name: value}}; what is empty is left out.
function groupsOfFacts(facts) {
  return Object.entries(facts || {})
    .filter(([, group]) => group && Object.keys(group).length)
    .map(([name, group]) => {
      const pairs = Object.entries(group).filter(([, value]) => writtenValue(value) && writtenValue(value) !== "[]");
      return [el("h3", {}, FACT_TITLES[name] || name), termList(pairs.map(([term, what]) => [term.replaceAll("_", " "), writtenValue(what)]))];
    });
}
