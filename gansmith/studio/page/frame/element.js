// Elements of the page. A text given to them is text: nothing from a run or a file becomes HTML.

const PROPERTIES = new Set(["checked", "disabled", "hidden", "indeterminate", "multiple", "value", "webkitdirectory"]);

// An element: `attributes` by name (`onclick` listens; null, undefined and false are left out), then its contents.
export function el(tag, attributes = {}, ...contents) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  fill(node, ...contents);
  return node;
}

// Replaces what an element holds; null and false are left out, arrays are opened.
export function fill(node, ...contents) {
  node.replaceChildren(...contents.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
}

// A text, only where it changes: a screen reader reads what is set again.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function actionButton(label, act, attributes = {}) {
  return el("button", { type: "button", onclick: act, ...attributes }, label);
}

// A list of terms and what they are: [[term, text or element], ...].
export function termList(pairs) {
  return el("dl", {}, ...pairs.map(([term, what]) => [el("dt", {}, term), el("dd", {}, what)]));
}
