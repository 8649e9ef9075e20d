// Pictures made by several workers, or here where workers are forbidden.

import { Renderer } from "../engine/renderer.js";

const MOST_WORKERS = 4;
const MOST_NUMBERS = 64e6; // of weights in all workers together: each has its own

export class Pool {
  // arrays: of the model. source: the text of this page's script, which is a worker's too. Workers start at once, and wait.
  constructor(arrays, source) {
    this.generator = null;
    this.urgent = [];
    this.waiting = []; // until nothing is urgent
    this.workers = new Map(); // worker -> its job, "starting" or null
    this.renderer = null;
    this.alone = false; // nobody but this page itself makes pictures
    this.pending = false; // it will soon make one
    this.#hire(arrays, source);
  }

  // generator: {model, bytes, kernel} as `Renderer` takes them.
  begin(generator) {
    this.generator = generator;
    for (const worker of this.workers.keys()) worker.postMessage(generator);
    this.#assign();
  }

  // No more pictures are made.
  end() {
    for (const worker of this.workers.keys()) worker.terminate();
    this.workers.clear();
    this.urgent = [];
    this.waiting = [];
  }

  // Latents (count x dim) and classes (count) or null -> bytes of pictures (count x height x width x channels).
  render(latents, labels) {
    return this.#queued(this.urgent, { latents, labels, wanted: () => true });
  }

  // The same when nothing else is to be done. Where it is not `wanted` any more by then, the promise is never kept.
  renderLater(latents, labels, wanted) {
    return this.#queued(this.waiting, { latents, labels, wanted });
  }

  #queued(queue, job) {
    return new Promise((resolve) => {
      queue.push({ ...job, resolve });
      this.#assign();
    });
  }

  #hire(arrays, source) {
    const numbers = arrays.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const cores = (navigator.hardwareConcurrency || 2) - 1;
    const count = Math.max(1, Math.min(MOST_WORKERS, cores, Math.floor(MOST_NUMBERS / numbers)));
    try {
      const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      for (let i = 0; i < count; i++) this.#start(new Worker(address));
    } catch {
      this.alone = this.workers.size === 0; // workers are forbidden here
    }
  }

  #start(worker) {
    this.workers.set(worker, "starting");
    worker.onmessage = ({ data }) => {
      const job = this.workers.get(worker);
      this.workers.set(worker, null);
      if (!data.ready) job.resolve(data.pixels);
      this.#assign();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      const job = this.workers.get(worker);
      this.workers.delete(worker);
      worker.terminate();
      if (job && job !== "starting") this.urgent.unshift(job);
      this.alone = this.workers.size === 0;
      this.#assign();
    };
  }

  #next() {
    while (this.waiting.length && !this.waiting[0].wanted()) this.waiting.shift();
    return this.urgent.shift() ?? this.waiting.shift();
  }

  #assign() {
    if (this.alone) {
      this.#work();
      return;
    }
    for (const [worker, job] of this.workers) {
      const next = job === null ? this.#next() : null;
      if (!next) continue;
      this.workers.set(worker, next);
      worker.postMessage({ latents: next.latents, labels: next.labels });
    }
  }

  // One job after another, with a pause between, so that the page still answers.
  #work() {
    if (this.pending || !this.generator) return;
    this.pending = true;
    setTimeout(() => {
      this.pending = false;
      const job = this.#next();
      if (!job) return;
      const { model, bytes, kernel } = this.generator;
      this.renderer ??= new Renderer(model, bytes, kernel);
      job.resolve(this.renderer.pictures(job.latents, job.labels));
      this.#work();
    });
  }
}
