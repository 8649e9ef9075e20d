// The numbers of a run as columns for curves. Old rows are thinned, so that drawing costs the same after a day.

const MOST_ROWS = 4000;
const NEWEST = 1000; // rows that are never thinned

export class Series {
  constructor(rows = []) {
    this.rows = [];
    this.add(rows);
  }

  get last() {
    return this.rows.at(-1) || null;
  }

  // Rows in order. One that is not newer than the last comes after a roll-back: what came later is gone.
  add(rows) {
    for (const row of rows) {
      if (this.last && row.update <= this.last.update) this.cut(row.update);
      this.rows.push(row);
    }
    if (this.rows.length > MOST_ROWS) {
      const old = this.rows.slice(0, -NEWEST).filter((_, index) => index % 2 === 0);
      this.rows = [...old, ...this.rows.slice(-NEWEST)];
    }
  }

  // Forgets this update and all that came later.
  cut(update) {
    this.rows = this.rows.filter((row) => row.update < update);
  }

  // Whether any row has a number of this name.
  has(key) {
    return this.rows.some((row) => Number.isFinite(row[key]));
  }

  // [updates, values of the first key, ...]; null is a gap.
  columns(keys) {
    const numbers = (key) => this.rows.map((row) => (Number.isFinite(row[key]) ? row[key] : null));
    return [this.rows.map((row) => row.update), ...keys.map(numbers)];
  }
}
