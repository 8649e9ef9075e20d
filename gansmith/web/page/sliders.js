// A slider for each direction and each style: how much of it is added to the picture.

import { MOMENTS } from "../engine/latents.js";

// What the sliders of one kind add at most, to either side.
const REACH = { directions: 3, styles: 2 };

export function addSliders(root, kind, vectors, state, law) {
  // directions are measured in standard deviations of a latent's numbers, styles in themselves
  const unit = kind === "directions" ? MOMENTS[law].deviation : 1;
  const inputs = vectors.map(({ name, vector }) => {
    const input = document.createElement("input");
    const value = document.createElement("output");
    const label = document.createElement("label");
    const title = document.createElement("span");
    title.textContent = name;
    Object.assign(input, { type: "range", min: -REACH[kind], max: REACH[kind], step: 0.01, value: 0 });
    value.textContent = "0.0";
    input.addEventListener("input", () => {
      value.textContent = Number(input.value).toFixed(1);
      state.move(`${kind}/${name}`, vector, unit * Number(input.value));
    });
    label.append(title, input, value);
    root.append(label);
    return { input, value };
  });
  state.on((what) => {
    if (what !== "look") return;
    for (const { input, value } of inputs) {
      input.value = 0;
      value.textContent = "0.0";
    }
  });
}
