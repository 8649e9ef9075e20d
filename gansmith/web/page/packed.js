// The weights as they stand in the page: deflated, and five letters for four bytes.

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~"; // none opens an element

// The bytes of a text of base 85; `count` of them.
export function unpacked(text, count) {
  const values = new Uint8Array(128);
  for (let i = 0; i < LETTERS.length; i++) values[LETTERS.charCodeAt(i)] = i;
  const bytes = new Uint8Array(Math.ceil(count / 4) * 4);
  const view = new DataView(bytes.buffer);
  for (let from = 0, to = 0; to < count; from += 5, to += 4) {
    let word = 0;
    for (let i = 0; i < 5; i++) word = word * 85 + values[text.charCodeAt(from + i)];
    view.setUint32(to, word);
  }
  return bytes.subarray(0, count);
}

// Throws an Error whose message is for the user where the browser cannot do it.
export async function inflated(bytes) {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("This browser is too old for this page: it takes one of 2023 or later.");
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
