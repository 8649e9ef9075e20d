// Small pictures side by side, each a button: pointing at one, or coming to it by keyboard, shows it large; pressing it
// keeps it. The tabulator stops once; arrows go from one to the next.

export class Gallery {
  // hooks: {show(look), leave(), keep(look)}; and where pictures may be carried elsewhere, {drag(look, event), add(look)}:
  // "+" does by keyboard what dragging does.
  constructor(root, columns, pool, painter, hooks) {
    Object.assign(this, { root, columns, pool, painter, hooks });
    this.looks = [];
    this.buttons = [];
    this.round = 0; // of pictures; what comes late for an earlier one is left out
    root.addEventListener("pointerleave", () => hooks.leave());
    root.addEventListener("focusout", (event) => {
      if (!root.contains(event.relatedTarget)) hooks.leave();
    });
    root.addEventListener("keydown", (event) => this.#walk(event));
  }

  // Other looks, as many or fewer or more.
  async set(looks) {
    this.looks = looks;
    this.#fit(looks.length);
    looks.forEach((look, index) => this.buttons[index].setAttribute("aria-label", `Show and keep ${look.name}`));
    const round = ++this.round;
    const parts = [];
    for (let first = 0; first < looks.length; first += this.columns) parts.push(this.#part(first, round));
    await Promise.all(parts);
  }

  // A row of pictures.
  async #part(first, round) {
    const some = this.looks.slice(first, first + this.columns);
    const dim = some[0].latent.length;
    const latents = new Float32Array(some.length * dim);
    some.forEach((look, index) => latents.set(look.latent, index * dim));
    const labels = some[0].label === null ? null : Int32Array.from(some, (look) => look.label);
    const pixels = await this.pool.renderLater(latents, labels, () => round === this.round);
    if (round !== this.round) return;
    some.forEach((_, index) => this.painter.paint(this.buttons[first + index].firstChild, pixels, index));
  }

  #fit(count) {
    while (this.buttons.length > count) this.buttons.pop().remove();
    while (this.buttons.length < count) this.#add(this.buttons.length);
    if (!this.buttons.some((button) => button.tabIndex === 0)) this.buttons[0].tabIndex = 0;
  }

  #add(index) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "cell";
    button.tabIndex = -1;
    button.append(this.painter.canvas());
    button.addEventListener("pointerenter", () => this.hooks.show(this.looks[index]));
    button.addEventListener("focus", () => this.#come(index));
    button.addEventListener("click", () => this.hooks.keep(this.looks[index]));
    if (this.hooks.drag) {
      button.draggable = true;
      button.addEventListener("dragstart", (event) => this.hooks.drag(this.looks[index], event));
    }
    this.buttons.push(button);
    this.root.append(button);
  }

  #come(index) {
    this.buttons.forEach((button, other) => {
      button.tabIndex = other === index ? 0 : -1;
    });
    this.hooks.show(this.looks[index]);
  }

  #walk(event) {
    const here = this.buttons.indexOf(document.activeElement);
    const last = this.buttons.length - 1;
    const places = {
      ArrowLeft: here - 1,
      ArrowRight: here + 1,
      ArrowUp: here - this.columns,
      ArrowDown: here + this.columns,
      Home: 0,
      End: last,
    };
    if (event.key === "+" && here >= 0) this.hooks.add?.(this.looks[here]);
    const there = places[event.key];
    if (here < 0 || there === undefined) return;
    event.preventDefault();
    if (there >= 0 && there <= last) this.buttons[there].focus();
  }
}
