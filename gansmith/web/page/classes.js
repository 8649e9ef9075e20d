// The class of all pictures: as each seed draws it, or one for all. Few classes are buttons, many are a list.

const MOST_BUTTONS = 24;

export function addClasses(root, names, state) {
  if (!names.length) return;
  root.hidden = false;
  const choices = ["any", ...names];
  const place = root.lastElementChild;
  if (choices.length > MOST_BUTTONS) addList(place, choices, state);
  else addButtons(place, choices, state);
}

const labelAt = (index) => (index === 0 ? null : index - 1);

function addButtons(place, choices, state) {
  const buttons = choices.map((name, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => state.choose(labelAt(index)));
    place.append(button);
    return button;
  });
  const mark = () => {
    buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(labelAt(index) === state.label)));
  };
  state.on((what) => {
    if (what === "class") mark();
  });
  mark();
}

function addList(place, choices, state) {
  const list = document.createElement("select");
  list.setAttribute("aria-label", "Class");
  list.append(...choices.map((name, index) => new Option(name, index)));
  list.addEventListener("change", () => state.choose(labelAt(list.selectedIndex)));
  place.append(list);
}
