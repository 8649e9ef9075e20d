// Numbers of a game over its updates, as curves. When a curve is full, every other of its points is dropped.

import { Board } from "./board.js";
import { colours } from "./colours.js";

const MOST = 400;

export class History {
  constructor() {
    Object.assign(this, { rows: [], every: 1 });
  }

  add(update, report) {
    if (update % this.every) return;
    this.rows.push({ update, ...report });
    if (this.rows.length < MOST) return;
    this.every *= 2;
    this.rows = this.rows.filter((row) => row.update % this.every === 0);
  }
}

// names: [key, name of a colour, dash] of each curve; top: the least range of the values.
export class Curves {
  constructor(canvas, names, bottom, top, marks) {
    this.board = new Board(canvas, { left: 0, right: 1, bottom, top }, 0.5);
    Object.assign(this, { names, bottom, top, marks });
  }

  draw({ rows }) {
    const { board } = this;
    const values = rows.flatMap((row) => this.names.map(([key]) => row[key])).filter(Number.isFinite);
    board.view.right = Math.max(20, rows.at(-1)?.update ?? 0);
    board.view.top = Math.min(20, Math.max(this.top, ...values)) * 1.08;
    board.view.bottom = Math.max(-20, Math.min(this.bottom, ...values)) - 0.02 * board.view.top;
    board.clear(colours.card);
    for (const mark of this.marks) {
      board.path([[0, mark], [board.view.right, mark]], colours.line, 1);
      board.words(String(mark), 0.005 * board.view.right, mark + 0.02 * board.view.top, colours.soft, "left", 10);
    }
    for (const [key, colour, dash] of this.names) {
      board.path(rows.map((row) => [row.update, row[key]]).filter(([, value]) => Number.isFinite(value)), colours[colour], 1.8, dash);
    }
    board.words(`update ${rows.at(-1)?.update ?? 0}`, board.view.right * 0.99, board.view.top * 0.93, colours.soft, "right", 10);
  }
}
