// The tour: one station at a time, each of which sets the page up.

import { FAULTS } from "../engine/faults.js";
import { byId, make, pressed, when } from "../page/parts.js";
import { STATIONS } from "./stations.js";

// go(number) sets the page up and shows the station; act(what) does what an action says.
export function makeTour(go, act) {
  byId("stations").replaceChildren(
    ...STATIONS.map(({ title }, index) => {
      const button = make("button", { type: "button", textContent: index + 1, title });
      button.setAttribute("aria-label", `Station ${index + 1}: ${title}`);
      button.addEventListener("click", () => go(index + 1));
      return button;
    }),
  );
  const move = (by) => {
    go(Number(byId("tour").dataset.station) + by);
    byId("station-title").focus();
  };
  when("station-back", "click", () => move(-1));
  when("station-next", "click", () => move(1));
  return (number) => show(number, act);
}

function show(number, act) {
  const station = STATIONS[number - 1];
  byId("tour").dataset.station = number;
  byId("station-number").textContent = `Station ${number} of ${STATIONS.length}`;
  byId("station-title").textContent = station.title;
  const line = (name, text) => make("p", {}, make("b", { textContent: `${name} ` }), text);
  byId("station-text").replaceChildren(
    make("p", { textContent: station.text }), line("Look at:", station.look), line("Try:", station.try),
  );
  byId("station-actions").replaceChildren(
    ...station.actions.map(([title, what]) => {
      const button = make("button", { type: "button", textContent: FAULTS[title]?.title ?? title });
      button.addEventListener("click", () => act(what));
      return button;
    }),
  );
  byId("station-back").disabled = number === 1;
  byId("station-next").disabled = number === STATIONS.length;
  [...byId("stations").children].forEach((button, index) => pressed(button, index + 1 === number));
}
