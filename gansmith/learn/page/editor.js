// A distribution of one's own: painted with a pointer, or with arrow keys and the space bar.

import { Board } from "../drawing/board.js";
import { colours } from "../drawing/colours.js";
import { DISTRIBUTIONS } from "../engine/mixtures.js";
import { cellAt, CELLS, cellsLike, cellsOf, COLUMNS, heightsOf, TALLEST, textOfCells, textOfHeights } from "../engine/own.js";
import { byId, fill, pressed, when } from "./parts.js";

const HINTS = {
  line: "Draw the height of the hill with a finger or a mouse. Keys: left and right choose a column, up and down change it.",
  plane: "Paint where points may lie; painting over a filled cell empties it. Keys: arrows move the frame, space fills or empties.",
};
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
// The middles of an outline of a heart.
function heart() {
  return Array.from({ length: 60 }, (_, k) => {
    const a = (2 * Math.PI * k) / 60;
    const height = 13 * Math.cos(a) - 5 * Math.cos(2 * a) - 2 * Math.cos(3 * a) - Math.cos(4 * a);
    return [1.1 * Math.sin(a) ** 3, 0.07 * height + 0.1];
  });
}
const SLOPE = "112233445566778899887766";
const PRESETS = {
  line: { slope: ["A slope", SLOPE], teeth: ["Three teeth", "009900000009900000009900"], flat: ["Flat", "000055555555555555550000"] },
  plane: { heart: ["A heart", cellsLike({ centres: heart() })], ring: ["The ring"], spiral: ["The spiral"], moons: ["Two moons"], grid: ["The grid"] },
};

// state holds `line` and `plane`; use(data) plays with what was drawn.
export function makeEditor(state, use) {
  const canvas = byId("drawing");
  const board = new Board(canvas, { left: 0, right: 1, bottom: 0, top: 1 });
  const here = { kind: "plane", at: [10, 10], fills: true };

  const shape = () => (here.kind === "line" ? [COLUMNS, TALLEST + 1] : [CELLS, CELLS]);
  const filled = (x, y) => (here.kind === "line" ? y < heightsOf(state().line)[x] : cellsOf(state().plane).has(x + CELLS * y));

  function put(x, y, fills) {
    if (here.kind === "line") {
      const heights = heightsOf(state().line);
      heights[x] = y;
      state().line = textOfHeights(heights);
    } else {
      const cells = cellsOf(state().plane);
      if (fills) cells.add(x + CELLS * y);
      else cells.delete(x + CELLS * y);
      state().plane = textOfCells(cells);
    }
  }

  function draw() {
    board.ratio = here.kind === "line" ? 0.5 : 1;
    board.clear(colours.card);
    const [columns, rows] = shape();
    const { pen } = board;
    const [width, height] = [canvas.width / columns, canvas.height / rows];
    for (let x = 0; x < columns; x++) {
      for (let y = 0; y < rows; y++) {
        pen.fillStyle = filled(x, y) ? colours.real : colours.even;
        pen.fillRect(x * width + 0.5, canvas.height - (y + 1) * height + 0.5, width - 1, height - 1);
      }
    }
    const [x, y] = here.at;
    Object.assign(pen, { strokeStyle: colours.ink, lineWidth: 2 * board.scale });
    if (document.activeElement === canvas) {
      if (here.kind === "line") pen.strokeRect(x * width + 1, 1, width - 2, canvas.height - 2);
      else pen.strokeRect(x * width, canvas.height - (y + 1) * height, width, height);
    }
  }

  const told = () => {
    const [x, y] = here.at;
    byId("drawing-told").textContent = here.kind === "line"
      ? `Column ${x + 1} of ${COLUMNS}: height ${heightsOf(state().line)[x]}.`
      : `Column ${x + 1}, row ${y + 1} from below: ${filled(x, y) ? "filled" : "empty"}.`;
  };

  function choose(kind) {
    here.kind = kind;
    here.at = [10, 10];
    byId("editor-hint").textContent = HINTS[kind];
    byId("drawing-told").textContent = "";
    pressed(byId("draw-line"), kind === "line");
    pressed(byId("draw-plane"), kind === "plane");
    fill(byId("preset"), [["", "choose"], ...Object.entries(PRESETS[kind]).map(([name, [title]]) => [name, title])], "");
    draw();
  }

  function point(event, begins) {
    const box = canvas.getBoundingClientRect();
    const [columns, rows] = shape();
    const x = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const y = Math.floor((1 - (event.clientY - box.top) / box.height) * rows);
    if (x < 0 || y < 0 || x >= columns || y >= rows) return;
    if (begins) here.fills = !filled(x, y);
    here.at = [x, y];
    put(x, y, here.fills);
    draw();
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    point(event, true);
  });
  canvas.addEventListener("pointermove", (event) => event.buttons && point(event, false));
  canvas.addEventListener("pointerup", told);
  for (const event of ["focus", "blur"]) canvas.addEventListener(event, draw);
  canvas.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    const [columns, rows] = shape();
    if (move) {
      here.at[0] = Math.min(columns - 1, Math.max(0, here.at[0] + move[0]));
      if (here.kind === "line") {
        const height = heightsOf(state().line)[here.at[0]];
        if (move[1]) put(here.at[0], Math.min(TALLEST, Math.max(0, height + move[1])), true);
      } else {
        here.at[1] = Math.min(rows - 1, Math.max(0, here.at[1] + move[1]));
      }
    } else if ((event.key === " " || event.key === "Enter") && here.kind === "plane") {
      put(...here.at, !filled(...here.at));
    } else {
      return;
    }
    event.preventDefault();
    draw();
    told();
  });
  when("draw-line", "click", () => choose("line"));
  when("draw-plane", "click", () => choose("plane"));
  when("empty", "click", () => {
    state()[here.kind] = "";
    draw();
  });
  when("preset", "change", () => {
    const name = byId("preset").value;
    if (!name) return;
    state()[here.kind] = PRESETS[here.kind][name][1] ?? cellsLike(DISTRIBUTIONS[name].mixture);
    draw();
  });
  when("use", "click", () => use(here.kind === "line" ? "own-line" : "own-plane"));
  when("editor", "toggle", draw);
  choose("plane");
  return { draw };
}
