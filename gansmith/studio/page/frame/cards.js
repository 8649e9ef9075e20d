// The newest card of every run, and what became of a training while nobody looked.

export class Cards {
  constructor(api, live, notice) {
    this.api = api;
    this.notice = notice;
    this.home = null; // the answer to /api/home, once it was asked for
    this.list = []; // the cards
    this.listeners = new Set();
    this.ending = new Set(); // runs that were asked to stop here: their end is no news
    live.on("cards", (message) => this.set(message.runs));
  }

  // Asks the server anew. Raises ApiError.
  async refresh() {
    this.home = await this.api.get("home");
    this.set(this.home.runs);
    return this.home;
  }

  set(runs) {
    const before = new Map(this.list.map((card) => [card.name, card]));
    this.list = runs;
    for (const card of runs) this.tellEnd(before.get(card.name), card);
    for (const listener of [...this.listeners]) listener(runs);
  }

  runs() {
    return this.list;
  }

  card(name) {
    return this.runs().find((card) => card.name === name) || null;
  }

  on(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tellEnd(old, card) {
    if (!old || old.state === card.state || !["training", "starting"].includes(old.state)) return;
    if (card.state === "training" || this.ending.delete(card.name)) return;
    const why = card.reason ? `: ${card.reason}` : ".";
    const words = { finished: `${card.name} has finished its training.`, failed: `${card.name} has failed${why}` };
    this.notice.tell(words[card.state] || `The training of ${card.name} has stopped${why}`);
  }
}
