// What a run is: facts of its data and machine, and every setting of its recipe with what it means.

import { el, termList } from "../frame/element.js";
import { writtenValue } from "../frame/words.js";

export function factsOf(facts, recipe, meanings) {
  const pairs = Object.entries(facts || {}).map(([name, value]) => [name.replaceAll("_", " "), writtenValue(value) || "(none)"]);
  const rows = Object.entries(recipe).map(([key, value]) =>
    el("tr", {}, el("th", { scope: "row" }, el("code", {}, key)), el("td", {}, writtenValue(value) || "(none)"), el("td", { class: "soft" }, meanings[key] || "")),
  );
  return [
    el("details", { class: "section" }, el("summary", {}, "Facts"), termList(pairs)),
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
