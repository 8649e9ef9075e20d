// A slider for each direction and each style: how much of it is added to the picture.

import { MOMENTS } from "../engine/latents.js";

// What the sliders of one kind add at most, to either side.
const REACH = { directions: 3, styles: 2 };

// `vectors`: [{name, vector, title?}]; the title is shown, the name stands in addresses. Sliders show what the state says,
// whoever changed it. Returns a function that ends that.
export function addSliders(root, kind, vectors, state, law) {
  // directions are measured in standard deviations of a latent's numbers, styles in themselves
  const unit = kind === "directions" ? MOMENTS[law].deviation : 1;
  const inputs = vectors.map(({ name, vector, title: shown = name }) => {
    const input = document.createElement("input");
    const value = document.createElement("output");
    const label = document.createElement("label");
    const title = document.createElement("span");
    title.textContent = shown;
    input.setAttribute("aria-label", shown); // without the value, which is said anyway
    Object.assign(input, { type: "range", min: -REACH[kind], max: REACH[kind], step: 0.01, value: 0 });
    const key = `${kind}/${name}`;
    input.addEventListener("input", () => state.move(key, vector, unit * Number(input.value)));
    label.append(title, input, value);
    root.append(label);
    return { key, input, value };
  });
  const follow = () => {
    for (const { key, input, value } of inputs) {
      const amount = (state.steps.get(key)?.amount ?? 0) / unit;
      if (Number(input.value) !== amount) input.value = amount;
      value.textContent = amount.toFixed(1);
    }
  };
  follow();
  return state.on((what) => {
    if (what === "look" || what === "amount") follow();
  });
}
