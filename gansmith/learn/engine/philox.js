// The random numbers of one stream at one update and turn, as `gansmith` draws them in a training.
//
// Philox (Salmon et al. 2011) on pairs of 32 bits: a game draws hundreds of numbers an update, and whole numbers of any
// size would be thirty times slower.

import { sha256 } from "../../web/engine/sha256.js";

const PHILOX_ROUNDS = 10;
const FIRST = [0xd2e7470e, 0xe14c6c93]; // factors and steps of the key: upper half, lower half
const SECOND = [0xca5a8263, 0x95121157];
const STEP_FIRST = [0x9e3779b9, 0x7f4a7c15];
const STEP_SECOND = [0xbb67ae85, 0x84caa73b];
const TWO_32 = 2 ** 32;

// The upper 32 bits of a product of two numbers of 32 bits.
function upper(a, b) {
  const [al, ah, bl, bh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const low = ah * bl + ((al * bl) >>> 16);
  const middle = al * bh + (low & 0xffff);
  return (ah * bh + (low >>> 16) + (middle >>> 16)) >>> 0;
}

const lower = (a, b) => Math.imul(a, b) >>> 0;

// factor x (high, low) as four words of 32 bits in `out`, the lowest first.
function multiply([factorHigh, factorLow], high, low, out) {
  const middle = upper(factorLow, low) + lower(factorLow, high) + lower(factorHigh, low);
  const top =
    upper(factorLow, high) + upper(factorHigh, low) + lower(factorHigh, high) + Math.floor(middle / TWO_32);
  out[0] = lower(factorLow, low);
  out[1] = middle >>> 0;
  out[2] = top >>> 0;
  out[3] = (upper(factorHigh, high) + Math.floor(top / TWO_32)) >>> 0;
}

// (high, low) + (high, low), in `sum`.
function add(sum, [high, low]) {
  const total = sum[1] + low;
  sum[1] = total >>> 0;
  sum[0] = (sum[0] + high + (total >= TWO_32 ? 1 : 0)) >>> 0;
}

const keys = new Map();

// The key of a stream, 4 words, the lowest first. A game asks for the same few in every update.
function keyOf(seed, name) {
  const text = `${BigInt(seed)}/${name}`;
  if (!keys.has(text)) {
    const digest = sha256(text);
    keys.set(text, [0, 4, 8, 12].map((at) => digest.getUint32(at, true)));
  }
  return keys.get(text);
}

export class PlacedStream {
  // seed: a whole number of any size, as a text or a number.
  constructor(seed, name, update = 0, turn = 0) {
    this.key = keyOf(seed, name);
    this.place = { update, turn };
    this.block = 0;
    this.words = new Uint32Array(8);
    this.next = 8; // of the 8 halves of the words
  }

  // A whole number of 32 bits; the lower half of a word comes first.
  uint32() {
    if (this.next === 8) this.#fill();
    return this.words[this.next++];
  }

  // A number in [0, 1) with 24 bits.
  uniform() {
    return (this.uint32() >>> 8) * 2 ** -24;
  }

  // A number in [0, 1) with 53 bits. In one stream this and `uint32` are not mixed.
  fine() {
    if (this.next >= 8) this.#fill();
    const low = this.words[this.next++];
    const high = this.words[this.next++];
    return (high * 2 ** 21 + (low >>> 11)) * 2 ** -53;
  }

  #fill() {
    this.block += 1;
    this.next = 0;
    const w = this.words;
    w.set([this.block, 0, 0, 0, this.place.turn, 0, this.place.update, 0]);
    const left = [this.key[1], this.key[0]];
    const right = [this.key[3], this.key[2]];
    const [p, q] = [new Uint32Array(4), new Uint32Array(4)];
    for (let round = 0; round < PHILOX_ROUNDS; round++) {
      multiply(FIRST, w[1], w[0], p);
      multiply(SECOND, w[5], w[4], q);
      const [low, high] = [w[2], w[3]];
      w[0] = q[2] ^ low ^ left[1];
      w[1] = q[3] ^ high ^ left[0];
      w[2] = q[0];
      w[3] = q[1];
      w[4] = p[2] ^ w[6] ^ right[1];
      w[5] = p[3] ^ w[7] ^ right[0];
      w[6] = p[0];
      w[7] = p[1];
      add(left, STEP_FIRST);
      add(right, STEP_SECOND);
    }
  }
}
