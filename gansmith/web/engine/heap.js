// All numbers of a renderer in one growing block, handed out from its start: weights first and for good, then what a pass
// computes, which is given back at its end. So 10,000 pictures need the memory of one.

const PAGE = 16384; // numbers in a page of WebAssembly's memory
const LINE = 16; // addresses are multiples of it

export class Heap {
  constructor() {
    this.memory = typeof WebAssembly === "object" ? new WebAssembly.Memory({ initial: 1 }) : null;
    this.numbers = this.memory ? new Float32Array(this.memory.buffer) : new Float32Array(PAGE);
    this.top = LINE;
  }

  // The address of `count` numbers. Growing replaces `numbers`, so nobody keeps it over a call of this.
  take(count) {
    const at = this.top;
    this.top += Math.ceil(count / LINE) * LINE;
    const missing = this.top - this.numbers.length;
    if (missing > 0) this.#grow(Math.max(missing, this.numbers.length >> 2));
    return at;
  }

  // Gives back all that was taken since `top` was this.
  release(top) {
    this.top = top;
  }

  #grow(count) {
    const pages = Math.ceil(count / PAGE);
    if (this.memory) {
      this.memory.grow(pages);
      this.numbers = new Float32Array(this.memory.buffer);
    } else {
      const larger = new Float32Array(this.numbers.length + pages * PAGE);
      larger.set(this.numbers);
      this.numbers = larger;
    }
  }
}
