// Random numbers as `gansmith` draws them: one seed, one picture, here and on the command line.
//
// A stream is a Philox counter generator (Salmon et al. 2011) whose key is a hash of the seed and the stream's name.

import { sha256 } from "./sha256.js";

const MASK = (1n << 64n) - 1n;
const FACTORS = [0xd2e7470ee14c6c93n, 0xca5a826395121157n];
const STEPS = [0x9e3779b97f4a7c15n, 0xbb67ae8584caa73bn];
const ROUNDS = 10;

export class Stream {
  // seed: a whole number of any size, as a text or a number.
  constructor(seed, name) {
    const digest = sha256(`${BigInt(seed)}/${name}`);
    this.key = [digest.getBigUint64(0, true), digest.getBigUint64(8, true)];
    this.counter = 0n;
    this.words = new BigUint64Array(4);
    this.next = 8; // of the 8 halves of the words
  }

  // A whole number of 32 bits; the lower half of a word comes first.
  uint32() {
    if (this.next === 8) {
      this.counter += 1n; // 2^64 of them last longer than any page
      this.#fill();
      this.next = 0;
    }
    const word = this.words[this.next >> 1];
    const half = this.next++ & 1 ? word >> 32n : word & 0xffffffffn;
    return Number(half);
  }

  // A number in [0, 1) with 24 bits.
  uniform() {
    return (this.uint32() >>> 8) * 2 ** -24;
  }

  // A whole number from 0 to below `count`, at most 2^32 (Lemire 2019).
  integer(count) {
    if (count === 1) return 0;
    const range = BigInt(count);
    const threshold = (1n << 32n) % range;
    for (;;) {
      const product = BigInt(this.uint32()) * range;
      if ((product & 0xffffffffn) >= threshold) return Number(product >> 32n);
    }
  }

  #fill() {
    let [a, b, c, d] = [this.counter, 0n, 0n, 0n];
    let [left, right] = this.key;
    for (let round = 0; round < ROUNDS; round++) {
      const first = FACTORS[0] * a;
      const second = FACTORS[1] * c;
      [a, b, c, d] = [(second >> 64n) ^ b ^ left, second & MASK, (first >> 64n) ^ d ^ right, first & MASK];
      left = (left + STEPS[0]) & MASK;
      right = (right + STEPS[1]) & MASK;
    }
    this.words.set([a, b, c, d]);
  }
}
