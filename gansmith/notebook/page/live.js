// A run in a notebook: the studio's samples, curves and finding, filled from a widget's state.

import { actionButton, el, say } from "../../studio/page/frame/element.js";
import { Curves, curvesHint } from "../../studio/page/run/curves.js";
import { FindingBox } from "../../studio/page/run/finding.js";
import { Samples } from "../../studio/page/run/samples.js";
import { Standing } from "../../studio/page/run/standing.js";

const KERNEL_PATIENCE = 1000; // milliseconds without an answer after which the page says why

export function renderLive({ model, el: place }) {
  const view = new LiveView(model);
  const root = place.shadowRoot || place.attachShadow({ mode: "open" }); // styles of notebook and widget stay apart
  place.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes the arrow keys of the slider
  root.replaceChildren(el("style", {}, LIVE_STYLE), view.root);
  view.showAll();
  return () => view.leave();
}

class LiveView {
  constructor(model) {
    this.model = model;
    this.asked = new Set(); // updates whose pictures the kernel was asked for
    const { name } = model.get("card");
    const api = { address: (path) => this.address(path.split("/").slice(2)) };
    this.samples = new Samples({ api }, name);
    this.finding = new FindingBox({ api }, name);
    this.standing = new Standing();
    const { state, far, progress, reason } = this.standing;
    this.pause = actionButton("Pause", () => this.send({ kind: "pause" }), { title: "Saves after this update, and stops" });
    this.own = el("span", { class: "soft small" }, "This kernel trains it: to pause, interrupt the kernel. It saves first.");
    this.said = el("p", { class: "soft small", role: "status" });
    const charts = el("div", { class: "charts" });
    this.curves = new Curves(charts);
    this.root = el(
      "div",
      { class: "live" },
      el(
        "div",
        { class: "run-head" },
        el("div", { class: "title" }, el("h2", {}, name), state, this.pause, this.own),
        el("div", { class: "far" }, far, reason),
        progress,
        this.said,
      ),
      el(
        "div",
        { class: "sides" },
        el("div", { class: "stage" }, this.samples.root, this.finding.root),
        el("section", {}, el("h2", {}, "Curves"), curvesHint(), charts),
      ),
    );
    this.listeners = [
      ["change:card", () => this.showCard()],
      ["change:curves change:judgements", () => this.showCurves()],
      ["change:sheets change:picture", () => this.showSheets()],
      ["msg:custom", (message, buffers) => this.hear(message, buffers)],
    ];
    for (const [events, act] of this.listeners) for (const event of events.split(" ")) model.on(event, act);
  }

  showAll() {
    this.showCard();
    this.showCurves();
    this.showSheets();
  }

  showCard() {
    const card = this.model.get("card");
    this.standing.show(card);
    this.pause.hidden = !card.can.includes("pause") || card.is_own;
    this.own.hidden = !card.is_own;
    this.finding.set(card.finding, { recipe: card.recipe_values || {}, changes: [] }, false);
  }

  showCurves() {
    this.curves.set(rowsOf(this.model.get("curves")), this.model.get("judgements"));
  }

  showSheets() {
    const { rows = [], rolled_back: rolledBack = 0 } = this.model.get("sheets");
    const { update, data } = this.model.get("picture");
    if (rolledBack !== this.rolledBack) this.forget();
    this.rolledBack = rolledBack;
    if (data !== this.data && data?.byteLength) this.samples.addPicture(update, data);
    this.data = data;
    this.samples.addSheets(rows, true);
  }

  // After a roll-back, pictures of the same updates are other ones.
  forget() {
    this.samples.leave();
    this.samples.kept.clear();
    this.asked.clear();
    this.data = null;
  }

  // Where a picture is, for the parts: real items are there; a sheet that is not is asked for, and shown when it comes.
  async address([kind, update]) {
    const real = this.model.get("real");
    if (kind === "real" && real?.byteLength) return URL.createObjectURL(new Blob([real], { type: "image/png" }));
    if (kind === "sheet" && !this.asked.has(update)) {
      this.asked.add(update);
      this.send({ kind: "sheet", update: Number(update) });
    }
    return null;
  }

  send(message) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => say(this.said, "The notebook's kernel is busy: it answers when its cell has ended."), KERNEL_PATIENCE);
    this.model.send(message);
  }

  hear({ kind, update, text }, buffers) {
    clearTimeout(this.waiting);
    say(this.said, kind === "said" ? text : "");
    if (kind !== "sheet") return;
    this.asked.delete(String(update));
    if (buffers[0]?.byteLength) this.samples.addPicture(update, buffers[0]);
  }

  leave() {
    clearTimeout(this.waiting);
    for (const [events, act] of this.listeners) for (const event of events.split(" ")) this.model.off(event, act);
    for (const part of [this.samples, this.finding, this.curves]) part.leave();
  }
}

// Columns of one length as rows.
function rowsOf(columns) {
  const keys = Object.keys(columns);
  return (columns.update || []).map((_, place) => Object.fromEntries(keys.map((key) => [key, columns[key][place]])));
}
