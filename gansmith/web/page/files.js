// Saving a picture with its latent, and getting it back from the file.

import { bytesOf, textOf } from "../engine/base64.js";
import { textsOf, withTexts } from "./png.js";

const KEY = "gansmith-latent";

// A look as a text of plain letters.
export const written = (look, model) =>
  JSON.stringify({
    generator: model.id,
    seed: look.seed,
    label: look.label,
    latent: textOf(new Uint8Array(look.latent.buffer, look.latent.byteOffset, look.latent.byteLength)),
  });

// Whether a file's bytes are a PNG that such a page saved.
export const holdsLook = (bytes) => KEY in textsOf(bytes);

// The look of a saved PNG's bytes. Throws an Error whose message is for the user.
export function lookIn(bytes, model) {
  const text = textsOf(bytes)[KEY];
  if (!text) throw new Error("This file holds no latent: only PNG files that were saved by such a page do.");
  return lookRead(text, model);
}

// The look of a text by `written`. Throws an Error whose message is for the user.
export function lookRead(text, model) {
  let saved;
  try {
    saved = JSON.parse(text);
    saved.latent = new Float32Array(bytesOf(saved.latent).buffer);
  } catch {
    throw new Error("This latent is damaged.");
  }
  if (saved.generator !== model.id) throw new Error("This picture was made by another generator.");
  const classes = model.classes.length;
  const known = classes ? Number.isInteger(saved.label) && saved.label >= 0 && saved.label < classes : saved.label === null;
  if (saved.latent.length !== model.latent.dim || !saved.latent.every(Number.isFinite) || !known) {
    throw new Error("This latent is damaged.");
  }
  const seed = typeof saved.seed === "string" && /^-?\d{1,60}$/.test(saved.seed) ? saved.seed : null;
  return { latent: saved.latent, label: saved.label, seed, name: seed === null ? "a saved picture" : `seed ${seed}` };
}

// Lets the browser save a look as a PNG in its own size.
export async function save(look, model, pool, painter) {
  const canvas = painter.canvas();
  const labels = look.label === null ? null : Int32Array.of(look.label);
  painter.paint(canvas, await pool.render(look.latent, labels));
  const plain = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  const png = new Uint8Array(await plain.arrayBuffer());
  const link = document.createElement("a");
  link.href = URL.createObjectURL(withTexts(png, { Software: "Gansmith", [KEY]: written(look, model) }));
  link.download = look.seed === null ? "picture.png" : `seed-${look.seed}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
