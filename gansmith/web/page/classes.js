// The class of all pictures: as each seed draws it, or one for all. Few classes are buttons, many are a list. Groups are
// classes that were found in the data, by k-means: they have numbers in place of names.

const MOST_BUTTONS = 24;

// "Class" or "Group": which of the two a model's labels are.
export const labelTitle = (model) => (model.counts.length ? "Group" : "Class");

// A label in words: the name of a class, or "group 3".
export const labelWords = (model, label) => `${model.counts.length ? "group " : ""}${model.classes[label]}`;

export function addClasses(root, model, state) {
  if (!model.classes.length) return;
  root.hidden = false;
  root.firstElementChild.textContent = labelTitle(model);
  const choices = ["any", ...model.classes];
  const place = root.lastElementChild;
  if (choices.length > MOST_BUTTONS) addList(place, choices, state, labelTitle(model));
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

function addList(place, choices, state, title) {
  const list = document.createElement("select");
  list.setAttribute("aria-label", title);
  list.append(...choices.map((name, index) => new Option(name, index)));
  list.addEventListener("change", () => state.choose(labelAt(list.selectedIndex)));
  place.append(list);
}
