// A button whose deed cannot be undone: it asks first, in its own place, and the second press does it.

import { actionButton, el, fill } from "./element.js";

// `act(event)` does it. `asks()`: {words, yes} to ask with, or null where nothing would be lost. Gives back {root, button,
// calm}; calm() puts the question away.
export function askingButton(label, act, asks, attributes = {}) {
  const root = el("span", { class: "asks" });
  const button = actionButton(label, (event) => {
    const question = asks();
    if (question) ask(question);
    else act(event);
  }, attributes);
  // A button that stays is left alone: put in again while it is pressed, it would not be clicked.
  const calm = () => root.contains(button) || fill(root, button);
  const leave = () => {
    calm();
    button.focus();
  };
  const ask = ({ words, yes }) => {
    const no = actionButton("No", leave);
    const sure = actionButton(yes, async (event) => {
      await act(event);
      if (root.contains(sure)) leave();
    }, { class: "main" });
    const onkeydown = (event) => event.key === "Escape" && leave();
    fill(root, el("span", { class: "asking", role: "group", "aria-label": words, onkeydown }, el("span", { class: "small" }, words), sure, no));
    no.focus(); // Enter that is pressed twice does nothing
  };
  calm();
  return { root, button, calm };
}
