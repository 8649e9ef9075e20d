// SHA-256 of a text (FIPS 180-4). The browser's own is not there on every page that is opened from a disk.

const WORDS = 64;

// The first 32 bits of the fractional part of a root of a prime: of the cube root, 64 times, and of the square root.
const fraction = (value) => Math.floor((value % 1) * 2 ** 32) | 0;
const PRIMES = [];
for (let n = 2; PRIMES.length < WORDS; n++) if (PRIMES.every((p) => n % p)) PRIMES.push(n);
const ROUND = PRIMES.map((p) => fraction(Math.cbrt(p)));
const START = PRIMES.slice(0, 8).map((p) => fraction(Math.sqrt(p)));

const right = (x, n) => (x >>> n) | (x << (32 - n));

export function sha256(text) {
  const message = new TextEncoder().encode(text);
  const padded = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64);
  padded.set(message);
  padded[message.length] = 128;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, message.length * 8);
  const state = START.slice();
  for (let at = 0; at < padded.length; at += 64) addBlock(state, view, at);
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, index) => digest.setInt32(4 * index, word));
  return digest;
}

function addBlock(state, view, at) {
  const w = new Int32Array(WORDS);
  for (let i = 0; i < WORDS; i++) {
    if (i < 16) {
      w[i] = view.getInt32(at + 4 * i);
    } else {
      const s0 = right(w[i - 15], 7) ^ right(w[i - 15], 18) ^ (w[i - 15] >>> 3);
      const s1 = right(w[i - 2], 17) ^ right(w[i - 2], 19) ^ (w[i - 2] >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < WORDS; i++) {
    const choice = (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + ((e & f) ^ (~e & g));
    const first = (h + choice + ROUND[i] + w[i]) | 0;
    const second = ((right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] = (state[index] + word) | 0;
  });
}
