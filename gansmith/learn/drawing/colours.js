// The page's colours, as its style names them: blue is real, orange is generated, by day and by night.

const NAMES = ["card", "ink", "soft", "line", "real", "made", "even", "accent"];

export const colours = {};

export function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of NAMES) colours[name] = style.getPropertyValue(`--${name}`).trim();
}

// "#rrggbb" as three numbers.
export const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
