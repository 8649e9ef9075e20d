// Small things that every part of the page needs.

export const byId = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// A press of a button, or a change of a field.
export const when = (id, event, act) => byId(id).addEventListener(event, act);

// The options of a select: [value, title] each.
export function fill(select, options, value) {
  select.replaceChildren(...options.map(([one, title]) => make("option", { value: String(one), textContent: title })));
  select.value = String(value);
}

export const pressed = (button, is) => button.setAttribute("aria-pressed", String(is));
