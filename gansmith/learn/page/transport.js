// Play, single steps and slow motion. Training is cut into slices of a frame, so that the page always answers.

const SLICE = 11; // milliseconds of training in a frame of 16
const DRAWN = 60; // milliseconds between drawings while it plays,
const REST = 3; // and at least as many times what the last drawing took: most of the time is for training
const PART = 1500; // milliseconds of a part in slow motion

// What each part of an update does, in words.
export const PARTS = {
  latents: "Random numbers are drawn.",
  make: "G turns the random numbers into points.",
  real: "As many real points are drawn.",
  "judge-real": "D judges the real points. Each verdict should be 1; the rest is error.",
  "judge-fake": "D judges the generated points. For D each verdict should be 0, for G it should be 1.",
  "move-d": "D changes its weights a little: its verdicts on these points become better.",
  hint: "The hint: back through D comes, for each generated point, the way to a better verdict.",
  "move-g": "G changes its weights a little: its points follow the arrows.",
};

export class Transport {
  // matches: () -> those that play; draw(part): draws them; changed(): another thing can be pressed now.
  constructor({ matches, draw, changed }) {
    Object.assign(this, { matches, draw, changed, playing: false, asked: false, slow: false, goal: null, part: null, drawn: 0, due: 0 });
    this.frame = (now) => this.#tick(now);
  }

  play(playing = !this.playing) {
    if (playing === this.playing) return;
    this.playing = playing;
    if (playing) this.#ask();
    this.due = 0;
    if (!playing) this.goal = null;
    if (!playing) this.#show();
    this.changed();
  }

  // Play until each of the games has had so many updates, then do what is asked.
  playUntil(updates, then) {
    this.goal = { updates, then };
    if (this.slow) this.setSlow(false);
    this.play(true);
  }

  setSlow(slow) {
    if (slow === this.slow) return;
    this.slow = slow;
    if (!slow) this.#whole();
    this.changed(); // first: the boards have another size then
    this.#show();
  }

  // One update; in slow motion its next part.
  one() {
    this.play(false);
    if (this.slow) this.#nextPart();
    else for (const match of this.matches()) match.update();
    this.#show();
    this.changed();
  }

  alone(turn, times = 1) {
    this.play(false);
    this.part = null;
    for (const match of this.matches()) for (let k = 0; k < times; k++) match.alone(turn);
    this.#show();
    this.changed();
  }

  // After a restart, nothing of an update has been seen.
  rewind() {
    this.part = null;
    this.#show();
    this.changed();
  }

  // One frame at a time, however often Play is pressed in between.
  #ask() {
    if (!this.asked) requestAnimationFrame(this.frame);
    this.asked = true;
  }

  #tick(now) {
    this.asked = false;
    if (!this.playing) return;
    this.#ask();
    if (this.slow) {
      if (now < this.due) return;
      this.due = now + PART;
      this.#nextPart();
      this.#show();
      this.changed();
      return;
    }
    const end = performance.now() + SLICE;
    do {
      for (const match of this.matches()) match.update();
    } while (performance.now() < end && !this.#arrived());
    if (this.#arrived()) {
      const { then } = this.goal;
      this.play(false);
      then();
      return;
    }
    if (now < this.drawn) return;
    const begun = performance.now();
    this.#show();
    this.drawn = now + Math.max(DRAWN, REST * (performance.now() - begun));
  }

  #arrived() {
    return this.goal && this.matches().every((match) => match.game.updates >= this.goal.updates);
  }

  #nextPart() {
    for (const match of this.matches()) this.part = match.nextPart();
  }

  #whole() {
    for (const match of this.matches()) match.finish();
    this.part = null;
  }

  #show() {
    this.draw(this.part);
  }
}
