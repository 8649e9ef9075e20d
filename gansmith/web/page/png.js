// Texts in PNG files (PNG specification, 11.3.4): a picture carries its latent with it.

const HEADER = 8 + 25; // the signature and the chunk of the picture's size
const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

function checksum(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

const latin = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

function textChunk(key, text) {
  const body = latin(`tEXt${key}\0${text}`);
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(body.length + 4, checksum(body));
  return chunk;
}

// The bytes of a PNG with texts {key: text}, in plain letters, right after its size.
export function withTexts(png, texts) {
  const chunks = Object.entries(texts).map(([key, text]) => textChunk(key, text));
  return new Blob([png.subarray(0, HEADER), ...chunks, png.subarray(HEADER)], { type: "image/png" });
}

// The texts {key: text} of a PNG; none of a file that is no PNG, or a damaged one.
export function textsOf(bytes) {
  const texts = {};
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < HEADER || view.getUint32(0) !== 0x89504e47) return texts;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (at + 12 + length > bytes.length) break;
    const body = bytes.subarray(at + 4, at + 8 + length);
    const letters = Array.from(body.subarray(0, 4), (byte) => String.fromCharCode(byte)).join("");
    if (letters === "tEXt" && view.getUint32(at + 8 + length) === checksum(body)) {
      const text = Array.from(body.subarray(4), (byte) => String.fromCharCode(byte)).join("");
      const end = text.indexOf("\0");
      if (end > 0) texts[text.slice(0, end)] = text.slice(end + 1);
    }
    at += 12 + length;
  }
  return texts;
}
