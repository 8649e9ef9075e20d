"use strict";
// Draws the page's charts and plays its film. All data is in #run-data; nothing is loaded.
(() => {
  const run = JSON.parse(document.getElementById("run-data").textContent);
  const space = document.querySelector("svg").namespaceURI;
  const AXES = { update: "updates", images_seen: "items seen", seconds: "time" };
  const PAD = { left: 46, right: 10, top: 10, bottom: 22 };
  let axis = "update";

  function put(parent, name, attributes, text) {
    const node = document.createElementNS(space, name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    if (text !== undefined) node.textContent = text;
    return parent.appendChild(node);
  }

  function tag(parent, name, properties) {
    return parent.appendChild(Object.assign(document.createElement(name), properties));
  }

  // ---- numbers ----

  function short(value) {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    let text;
    if (size === 0) text = "0";
    else if (size >= 1e5 || size < 1e-3) text = value.toExponential(1).replace(".0e", "e").replace("e+", "e");
    else text = String(Number(value.toPrecision(3)));
    return text.replace("-", "−");
  }

  // The clock's unit follows the length of the run, not the single value.
  function unit() {
    if (axis !== "seconds") return [1, ""];
    const whole = horizontal()[1];
    return whole >= 7200 ? [3600, " h"] : whole >= 120 ? [60, " min"] : [1, " s"];
  }

  function along(value) {
    const [length, name] = unit();
    if (name) return Number((value / length).toPrecision(3)) + name;
    if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
    return value >= 1e4 ? `${Number((value / 1e3).toPrecision(3))} k` : String(Math.round(value));
  }

  function ticks(low, high, wanted) {
    const rough = (high - low) / wanted;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) || rough;
    const found = [];
    for (let n = Math.ceil(low / step); n * step <= high + step * 1e-9 && found.length < 30; n++) found.push(n * step);
    return found;
  }

  // Ticks of a logarithmic axis between the exponents low and high: powers of ten, 1-2-5, or even steps.
  function powers(low, high) {
    const span = high - low, stride = Math.ceil(span / 5), within = (n) => n >= low && n <= high;
    const found = [];
    for (let n = Math.floor(low / stride) * stride; n <= high; n += stride) {
      for (const factor of span < 2.5 ? [1, 2, 5] : [1]) found.push(n + Math.log10(factor));
    }
    const inside = found.filter(within);
    return inside.length > 1 ? inside : ticks(10 ** low, 10 ** high, 3).map(Math.log10).filter(within);
  }

  function extent(values) {
    let low = Infinity, high = -Infinity;
    for (const value of values) {
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return low <= high ? [low, high] : null;
  }

  function widened([low, high], share) {
    const room = (high - low) * share || Math.abs(high) * 0.1 || 1;
    return [low - room, high + room];
  }

  // The horizontal range is one for all charts, so that they can be compared.
  function horizontal() {
    const all = Object.values(run.clocks).flatMap((clock) => extent(clock[axis]) || []);
    const found = extent(all) || [0, 1];
    const low = Math.min(found[0], 0);
    return found[1] > low ? [low, found[1]] : [low, low + 1];
  }

  // ---- one frame for every chart: axes, rules, crosshair ----

  function frame(plot, xRange, yRange, yTicks, yName, xName, scale = 1) {
    const width = plot.clientWidth, height = plot.clientHeight;
    const svg = put(plot, "svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    const inner = { left: PAD.left, right: width - PAD.right, top: PAD.top, bottom: height - PAD.bottom };
    const x = (value) => inner.left + ((value - xRange[0]) / (xRange[1] - xRange[0])) * (inner.right - inner.left);
    const y = (value) => inner.bottom - ((value - yRange[0]) / (yRange[1] - yRange[0])) * (inner.bottom - inner.top);
    for (const value of yTicks) {
      const place = Math.round(y(value)) + 0.5;
      put(svg, "line", { class: "rule", x1: inner.left, x2: inner.right, y1: place, y2: place });
      put(svg, "text", { x: inner.left - 7, y: place + 3.5, "text-anchor": "end" }, yName(value));
    }
    const wanted = Math.max(2, Math.floor(width / 110));
    for (const value of ticks(xRange[0] / scale, xRange[1] / scale, wanted).map((each) => each * scale)) {
      const anchor = x(value) > inner.right - 16 ? "end" : "middle";
      put(svg, "text", { x: x(value), y: height - 5, "text-anchor": anchor }, xName(value));
    }
    return { svg, x, y, inner };
  }

  function path(xs, ys, x, y) {
    let text = "", open = false;
    for (let i = 0; i < xs.length; i++) {
      if (xs[i] === null || ys[i] === null) { open = false; continue; }
      text += `${open ? "L" : "M"}${x(xs[i]).toFixed(1)} ${y(ys[i]).toFixed(1)}`;
      open = true;
    }
    return text;
  }

  function ribbon(xs, lows, highs, x, y) {
    let text = "", start = 0;
    for (let i = 0; i <= xs.length; i++) {
      if (i < xs.length && xs[i] !== null && lows[i] !== null) continue;
      if (i - start > 1) {
        const there = [], back = [];
        for (let j = start; j < i; j++) {
          there.push(`${x(xs[j]).toFixed(1)} ${y(highs[j]).toFixed(1)}`);
          back.unshift(`${x(xs[j]).toFixed(1)} ${y(lows[j]).toFixed(1)}`);
        }
        text += `M${there.concat(back).join("L")}Z`;
      }
      start = i + 1;
    }
    return text;
  }

  function nearest(xs, value) {
    let best = -1, gap = Infinity;
    for (let i = 0; i < xs.length; i++) {
      if (xs[i] !== null && Math.abs(xs[i] - value) < gap) { gap = Math.abs(xs[i] - value); best = i; }
    }
    return best;
  }

  // ---- curves ----

  function curveChart(figure, table) {
    const plot = figure.querySelector(".plot"), legend = figure.querySelector(".legend");
    const many = table.lines.length > 4;
    const state = { log: table.log, hidden: new Set() };
    const readings = [];
    let view = null;

    table.lines.forEach((line, index) => {
      const key = tag(legend, "button", { type: "button", title: "Hide or show this line" });
      key.setAttribute("aria-pressed", "true");
      const swatch = tag(key, "i", {});
      swatch.style.background = `var(--${line.role})`;
      swatch.style.opacity = line.shade || 1;
      key.append(line.label);
      if (!many) readings[index] = tag(key, "b", {});
      key.addEventListener("click", () => {
        const hide = !state.hidden.has(index);
        if (hide) state.hidden.add(index); else state.hidden.delete(index);
        key.setAttribute("aria-pressed", String(!hide));
        draw();
      });
    });
    const positive = table.lines.every((line) => line.mean.every((value) => value === null || value > 0));
    if (table.log || (positive && !table.limits)) {
      const button = tag(figure, "button", { type: "button", className: "log", textContent: "log" });
      button.title = "Logarithmic axis";
      button.setAttribute("aria-pressed", String(state.log));
      button.addEventListener("click", () => {
        state.log = !state.log;
        button.setAttribute("aria-pressed", String(state.log));
        draw();
      });
    }

    function vertical(lines, scaled) {
      if (table.limits) return widened(table.limits, 0.03);
      const values = lines.flatMap((line) => [line.mean, line.low || [], line.high || []].flat().map(scaled));
      if (table.guide !== null) values.push(scaled(table.guide));
      return widened(extent(values) || [0, 1], 0.06);
    }

    function draw() {
      plot.replaceChildren();
      const clock = run.clocks[table.clock][axis];
      const scaled = (value) => (value === null || (state.log && value <= 0) ? null : state.log ? Math.log10(value) : value);
      const lines = table.lines.filter((_, index) => !state.hidden.has(index));
      const range = vertical(lines, scaled);
      const marked = state.log ? powers(...range) : ticks(...range, 4);
      const written = (value) => short(state.log ? 10 ** value : value);
      view = frame(plot, horizontal(), range, marked, written, along, unit()[0]);
      const { svg, x, y, inner } = view;
      if (table.guide !== null) {
        put(svg, "line", { class: "guide", x1: inner.left, x2: inner.right, y1: y(table.guide), y2: y(table.guide) });
      }
      for (const mark of run.marks) {
        if (mark[axis] === null || mark[axis] > horizontal()[1]) continue;
        const line = put(svg, "line", { class: "mark", x1: x(mark[axis]), x2: x(mark[axis]), y1: inner.top, y2: inner.bottom });
        put(line, "title", {}, mark.label);
      }
      for (const line of lines) {
        const style = `stroke:var(--${line.role});fill:none;stroke-width:1.6;stroke-linejoin:round;opacity:${line.shade || 1}`;
        const heights = line.mean.map(scaled);
        if (line.low) {
          const band = `fill:var(--${line.role});opacity:.16`;
          put(svg, "path", { d: ribbon(clock, line.low.map(scaled), line.high.map(scaled), x, y), style: band });
        }
        put(svg, "path", { d: path(clock, heights, x, y), style });
        heights.forEach((value, i) => { // points without neighbours would leave no trace as a path
          const alone = value !== null && clock[i] !== null && (heights[i - 1] ?? null) === null && (heights[i + 1] ?? null) === null;
          if (alone) put(svg, "circle", { cx: x(clock[i]), cy: y(value), r: 2.4, style: `fill:var(--${line.role})` });
        });
      }
      table.broken.forEach((each, row) => {
        if (each[axis] === null) return;
        const place = x(each[axis]), end = place > (inner.left + inner.right) / 2 ? "end" : "start";
        put(svg, "line", { class: "broken", x1: place, x2: place, y1: inner.top, y2: inner.bottom });
        const attributes = { class: "broken", x: place + (end === "end" ? -5 : 5), y: inner.top + 9 + 13 * row, "text-anchor": end };
        put(svg, "text", attributes, `no number: ${each.label}`);
      });
      view.cross = put(svg, "g", {});
      read(null);
    }

    // Values at a place of the axis; null reads the newest.
    function read(at) {
      const clock = run.clocks[table.clock][axis];
      view.cross.replaceChildren();
      const known = clock.map((value, i) => (table.lines.some((line) => line.mean[i] !== null) ? value : null));
      const index = at === null ? -1 : nearest(known, at);
      table.lines.forEach((line, i) => {
        let value = index < 0 ? null : line.mean[index];
        if (at === null) value = line.mean.reduce((kept, each) => (each === null ? kept : each), null);
        if (readings[i]) readings[i].textContent = short(value);
        if (index < 0 || value === null || state.hidden.has(i)) return;
        const height = state.log ? (value > 0 ? Math.log10(value) : null) : value;
        if (height === null) return;
        const dot = { cx: view.x(clock[index]), cy: view.y(height), r: 3, style: `fill:var(--${line.role});opacity:${line.shade || 1}` };
        put(view.cross, "circle", dot);
      });
      if (index < 0) return;
      const place = view.x(clock[index]), { inner } = view;
      view.cross.prepend(put(view.cross, "line", { class: "cross", x1: place, x2: place, y1: inner.top, y2: inner.bottom }));
      const end = place > (inner.left + inner.right) / 2 ? "end" : "start";
      put(view.cross, "text", { x: place + (end === "end" ? -5 : 5), y: inner.bottom - 5, "text-anchor": end }, along(clock[index]));
    }

    plot.addEventListener("pointermove", (event) => {
      const range = horizontal(), left = plot.getBoundingClientRect().left;
      const share = (event.clientX - left - view.inner.left) / (view.inner.right - view.inner.left);
      readAll(range[0] + Math.min(1, Math.max(0, share)) * (range[1] - range[0]));
    });
    plot.addEventListener("pointerleave", () => readAll(null));
    return { draw, read };
  }

  // ---- logits ----

  function keys(figure, roles) {
    const legend = figure.querySelector(".legend");
    for (const role of roles) {
      const key = tag(legend, "span", { className: "key" });
      tag(key, "i", {}).style.background = `var(--${role})`;
      key.append(role === "real" ? "real items" : "generated items");
    }
  }

  function stripChart(figure, strip) {
    const plot = figure.querySelector(".plot");
    keys(figure, Object.keys(strip.shares));
    const shares = {};
    for (const role in strip.shares) shares[role] = Uint8Array.from(atob(strip.shares[role]), (c) => c.charCodeAt(0));

    function draw() {
      plot.replaceChildren();
      const canvas = tag(plot, "canvas", {});
      const range = [strip.low, strip.high];
      const { svg, x, y, inner } = frame(plot, horizontal(), range, ticks(...range, 4), short, along, unit()[0]);
      if (run.middle !== null && strip.low < run.middle && strip.high > run.middle) {
        put(svg, "line", { class: "guide", x1: inner.left, x2: inner.right, y1: y(run.middle), y2: y(run.middle) });
      }
      const sharp = window.devicePixelRatio || 1;
      canvas.width = plot.clientWidth * sharp;
      canvas.height = plot.clientHeight * sharp;
      const pen = canvas.getContext("2d");
      pen.scale(sharp, sharp);
      const clock = strip.clock[axis], high = (inner.bottom - inner.top) / strip.bins;
      const colours = getComputedStyle(plot);
      for (const role in shares) {
        pen.fillStyle = colours.getPropertyValue(`--${role}`).trim();
        let from = horizontal()[0];
        clock.forEach((to, time) => {
          if (to === null) return;
          const left = x(from), wide = Math.max(0.8, x(to) - left);
          for (let bin = 0; bin < strip.bins; bin++) {
            const share = shares[role][time * strip.bins + bin];
            if (share < 4) continue;
            pen.globalAlpha = (0.85 * share) / 255;
            pen.fillRect(left, inner.bottom - (bin + 1) * high, wide, high + 0.3);
          }
          from = to;
        });
      }
    }
    return { draw, read() {} };
  }

  function lastChart(figure, last) {
    const plot = figure.querySelector(".plot");
    keys(figure, Object.keys(last.heaps));

    function draw() {
      plot.replaceChildren();
      const top = Math.max(...Object.values(last.heaps).flatMap((heap) => heap.density)) * 1.06 || 1;
      const range = [last.low, last.high];
      const { svg, x, y, inner } = frame(plot, range, [0, top], [0], () => "", short);
      if (run.middle !== null && range[0] < run.middle && range[1] > run.middle) {
        put(svg, "line", { class: "guide", x1: x(run.middle), x2: x(run.middle), y1: inner.top, y2: inner.bottom });
      }
      const held = (value) => x(Math.min(range[1], Math.max(range[0], value))).toFixed(1);
      for (const role in last.heaps) {
        const { edges, density } = last.heaps[role];
        let text = `M${held(edges[0])} ${y(0)}`;
        density.forEach((height, i) => { text += `V${y(height).toFixed(1)}H${held(edges[i + 1])}`; });
        const style = `fill:var(--${role});fill-opacity:.28;stroke:var(--${role});stroke-width:1.2`;
        put(svg, "path", { d: `${text}V${y(0)}Z`, style });
      }
    }
    return { draw, read() {} };
  }

  // ---- all charts together ----

  const charts = [];
  for (const figure of document.querySelectorAll(".chart")) {
    const name = figure.dataset.chart;
    if (name === "strip") charts.push(stripChart(figure, run.strip));
    else if (name === "last") charts.push(lastChart(figure, run.last));
    else charts.push(curveChart(figure, run.charts[name]));
  }
  const drawAll = () => charts.forEach((chart) => chart.draw());
  const readAll = (at) => charts.forEach((chart) => chart.read(at));

  for (const button of document.querySelectorAll("[data-axis]")) {
    button.addEventListener("click", () => {
      axis = button.dataset.axis;
      for (const each of document.querySelectorAll("[data-axis]")) each.setAttribute("aria-pressed", String(each === button));
      drawAll();
    });
  }
  let waiting = 0;
  window.addEventListener("resize", () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(drawAll); });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  drawAll();

  // ---- the film ----

  const picture = document.getElementById("film-frame");
  if (!picture) return;
  const slider = document.getElementById("film-at"), facts = document.getElementById("film-facts");
  const play = document.getElementById("film-play"), dots = document.getElementById("film-dots");
  const frames = run.film.map((frame) => Object.assign(new Image(), { src: frame.src }));
  const hasThreshold = run.middle !== null, threshold = run.middle ?? 0;
  const reach = Math.max(1e-9, ...run.film.flatMap((frame) => frame.verdicts.map((value) => Math.abs((value ?? threshold) - threshold))));
  let timer = 0;

  // One dot for each picture: right of the threshold the discriminator takes it for real.
  function drawDots(logits) {
    dots.replaceChildren();
    if (!run.film.some((frame) => frame.verdicts.length)) return;
    if (hasThreshold) put(dots, "line", { class: "guide", x1: 160, x2: 160, y1: 6, y2: 62 });
    put(dots, "text", { x: 4, y: 78 }, hasThreshold ? "says generated" : "less real");
    put(dots, "text", { x: 316, y: 78, "text-anchor": "end" }, hasThreshold ? "says real" : "more real");
    logits.forEach((value, i) => {
      if (value === null) return;
      const place = { cx: 160 + (150 * (value - threshold)) / reach, cy: 12 + ((i * 0.618034) % 1) * 44, r: 3 };
      put(dots, "circle", { ...place, class: !hasThreshold ? "neutral" : value > threshold ? "real" : "fake" });
    });
  }

  function show(index) {
    const frame = run.film[index];
    picture.src = frames[index].src;
    picture.alt = `Generated samples ${frame.note}`;
    slider.setAttribute("aria-valuetext", frame.note);
    slider.value = index;
    facts.replaceChildren();
    for (const [name, value] of frame.facts) {
      const pair = tag(facts, "div", {});
      tag(pair, "dt", { textContent: name });
      tag(pair, "dd", { textContent: value });
    }
    drawDots(frame.verdicts);
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  }
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  play.addEventListener("click", () => {
    if (timer) { stop(); return; }
    play.textContent = "Pause";
    let index = Number(slider.value) >= frames.length - 1 ? 0 : Number(slider.value);
    show(index);
    timer = setInterval(() => {
      index += 1;
      if (index >= frames.length) { stop(); return; }
      show(index);
    }, 220);
  });
  picture.hidden = false;
  show(frames.length - 1);
})();
