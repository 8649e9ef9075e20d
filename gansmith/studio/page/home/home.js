// Home: every run of the folder as a card.

import { el, fill, say } from "../frame/element.js";
import { plural } from "../frame/words.js";
import { Card } from "./card.js";

const PAIR_SIZE = 2;

export function openHome(view, context) {
  const chosen = new Set();
  const shown = new Map(); // Card by name
  const lead = el("p", { class: "soft" });
  const grid = el("div", { class: "cards" });
  const compare = el("a", { class: "button main", hidden: true });
  const another = el("span", { class: "soft small", role: "status" });
  fill(
    view,
    el("div", { class: "title" }, el("h1", { tabindex: "-1" }, "Trainings"), another, compare, newTraining()),
    lead,
    grid,
  );
  const choose = (name, isChosen) => {
    if (isChosen) chosen.add(name);
    else chosen.delete(name);
    compare.hidden = chosen.size !== PAIR_SIZE;
    say(another, chosen.size && compare.hidden ? "To compare, tick two trainings." : "");
    const [a, b] = chosen;
    compare.setAttribute("href", `#/compare?${new URLSearchParams({ a, b })}`);
    say(compare, `Compare ${a} and ${b}`);
  };
  const show = (runs) => {
    if (!context.cards.home) return; // it is asked for already
    say(lead, `${runs.length ? plural(runs.length, "training") : "No trainings yet"} in ${context.cards.home.folder}`);
    for (const [name, card] of shown) {
      if (runs.some((run) => run.name === name)) continue;
      card.leave();
      card.root.remove();
      shown.delete(name);
      choose(name, false);
    }
    for (const run of runs) {
      if (!shown.has(run.name)) shown.set(run.name, new Card(context, run.name, choose));
      shown.get(run.name).set(run);
    }
    arrange(grid, runs.length ? runs.map((run) => shown.get(run.name).root) : [firstSteps()]);
  };
  const off = context.cards.on(show);
  context.cards.refresh().catch((error) => context.notice.fail(error));
  return () => {
    off();
    for (const card of shown.values()) card.leave();
  };
}

// Puts cards into their order; one that stands right is left alone, so that it keeps the focus.
function arrange(grid, wanted) {
  wanted.forEach((node, index) => {
    if (grid.children[index] !== node) grid.insertBefore(node, grid.children[index] || null);
  });
  while (grid.children.length > wanted.length) grid.lastElementChild.remove();
}

function newTraining() {
  return el("a", { class: "button", href: "#/new" }, "New training");
}

function firstSteps() {
  return el(
    "section",
    { class: "first" },
    el("h2", {}, "Begin here"),
    el(
      "p",
      {},
      "A training teaches two networks: a generator, which makes pictures from random numbers, and a discriminator, ",
      "which says whether a picture is real. Choose a ready recipe, or drop a folder of your own pictures.",
    ),
    el(
      "div",
      { class: "row" },
      el("a", { class: "button main", href: "#/new" }, "Start a first training"),
      el("a", { class: "button", href: "learn" }, "What is a GAN?"),
    ),
  );
}
