// The form of one side's rules, from a table with a row a field.

import { FAULTS } from "../engine/faults.js";
import { byId, fill, make } from "./parts.js";
import { RULES, setChoice } from "./state.js";

const plain = (value) => String(value);
const LOSS_TITLES = {
  "non-saturating": "Non-saturating",
  minimax: "Minimax",
  "least-squares": "Least squares",
  hinge: "Hinge",
  wasserstein: "Wasserstein",
};

// key -> title, what it means, and how a choice is written. Only `restarts` needs a new game.
const FIELDS = {
  fault: { title: "Mistake", means: "Mistakes that tutorials make, on purpose.", write: (value) => FAULTS[value].title },
  loss: { title: "Loss", means: "How an error is counted.", write: (value) => LOSS_TITLES[value] },
  gamma: { title: "R1 penalty", means: "Keeps D's slopes gentle at real points. 0 = off.", write: plain },
  turnsD: { title: "D steps an update", means: "", write: plain },
  turnsG: { title: "G steps an update", means: "", write: plain },
  rateD: { title: "D's learning rate", means: "How far D moves in a step.", write: plain },
  rateG: { title: "G's learning rate", means: "How far G moves in a step.", write: plain },
  latent: {
    title: "Random numbers for each point",
    means: "With one, G can only draw a thread.",
    write: (value) => (value ? plain(value) : "as many as it has"),
    restarts: true,
  },
};

// changed(key, restarts) is called after a choice.
export function makeRules(sideNow, changed) {
  const rows = Object.entries(FIELDS).map(([key, { title, means, write, restarts }]) => {
    const select = make("select", { id: `rule-${key}` });
    fill(select, RULES[key].choices.map((value) => [value, write(value)]), RULES[key].begins);
    select.addEventListener("change", () => {
      setChoice(sideNow(), key, select.value);
      changed(key, Boolean(restarts));
    });
    if (means) select.setAttribute("aria-describedby", `means-${key}`);
    return make("div", {}, make("label", { textContent: `${title} ` }, select), make("p", { id: `means-${key}`, className: "small soft", textContent: means }));
  });
  byId("fields").replaceChildren(...rows);
}

export function showRules(side) {
  for (const key of Object.keys(FIELDS)) byId(`rule-${key}`).value = String(side[key]);
  byId("fault-told").textContent = FAULTS[side.fault].told;
}
