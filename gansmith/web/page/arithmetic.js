// Style arithmetic as `gansmith explore RUN arithmetic` has it: "thick-straight + thin-right", "2 * a - 0.5 * b".

import { MOMENTS } from "../engine/latents.js";
import { moved } from "./looks.js";

const TERM = /^(?:(\d+(?:\.\d*)?|\.\d+)\s*\*\s*)?([^\s*]+)$/;

// The steps [{vector, amount}] of an expression. Throws an Error whose message is for the user.
export function stepsOf(expression, styles) {
  const text = expression.trim();
  const signed = /^[+-] /.test(text) ? text : `+ ${text}`;
  const parts = signed.split(/(?:^|\s+)([+-])\s+/).slice(1);
  const steps = [];
  for (let i = 0; i < parts.length; i += 2) {
    const match = TERM.exec(parts[i + 1].trim());
    if (!match) throw new Error(`"${parts[i + 1].trim()}" is no style. Write, for example: ${example(styles)}`);
    const style = styles.find(({ name }) => name === match[2]);
    if (!style) throw new Error(`No style is called "${match[2]}".`);
    steps.push({ vector: style.vector, amount: Number(match[1] ?? 1) * (parts[i] === "+" ? 1 : -1) });
  }
  return steps;
}

export const example = (styles) =>
  styles.length > 1 ? `${styles[0].name} + 0.5 * ${styles[1].name}` : `2 * ${styles[0].name}`;

// The look of an expression: the styles' sum, beginning at the centre of the latents. The class is that of `base`.
export function lookOfStyles(expression, styles, base, { dim, law }) {
  const centre = new Float32Array(dim).fill(MOMENTS[law].centre);
  return { latent: moved(centre, stepsOf(expression, styles)), label: base.label, seed: null, name: expression.trim() };
}
