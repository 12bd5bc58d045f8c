// Plots as SVG: axes, and marks that name their model and open it on a click; the keyboard works in the tree.

import { family, RELATIONS } from "./family.js";
import { element } from "./format.js";
import { shapePath } from "./marks.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const TICK_STEPS = [0.5, 1, 2, 5, 10, 20, 25, 50];
const TICKS_AT_MOST = 6;
/** An uncoloured mark within this many pixels of another is omitted: they could not be told apart. */
const SAME_PLACE = 2.5;
const ROUND = -1;

export function svg(tag, attributes, text) {
  const made = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

export function ticksBetween(low, high, most = TICKS_AT_MOST) {
  const step = TICK_STEPS.find((one) => (high - low) / one <= most) || 100; // below, + 0 makes -0 a plain 0
  const found = [];
  for (let value = Math.ceil(low / step) * step + 0; value <= high + 1e-9; value += step) found.push(value);
  return found;
}

/** A card with a heading and a plot of a given size, with a description for readers who cannot see it. */
export function card(title, width, height, words, className = "") {
  const made = element("section", `card ${className}`);
  made.append(element("h2", "", title));
  const plot = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words });
  made.append(plot);
  return { made, plot };
}

/** A model's mark: shape by relation, look by verdict, with its tooltip. */
function mark(point, x, y) {
  const relation = family.relation[point.model] < RELATIONS.length ? family.relation[point.model] : ROUND;
  const made = svg("path", {
    d: shapePath(x, y, point.isSupported ? 4 : 3, relation),
    class: `mark ${point.looks}`,
  });
  made.dataset.model = point.model;
  made.dataset.words = point.words;
  return made;
}

/** Puts marks into a plot, supported ones on top; returns how many overlapped others and were omitted. */
export function drawPoints(plot, points, place) {
  const taken = new Set();
  let hidden = 0;
  const sorted = [...points].sort((a, b) => Number(a.isSupported) - Number(b.isSupported));
  for (const point of sorted) {
    const [x, y] = place(point);
    const spot = `${Math.round(x / SAME_PLACE)},${Math.round(y / SAME_PLACE)},${point.looks}`;
    if (taken.has(spot)) {
      hidden++;
      continue;
    }
    taken.add(spot);
    plot.append(mark(point, Math.round(x * 10) / 10, Math.round(y * 10) / 10));
  }
  return hidden;
}

function extent(values, isSquare, other) {
  const all = isSquare ? [...values, ...other] : values;
  let low = Infinity;
  let high = -Infinity;
  for (const value of all) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const margin = Math.max(1, (high - low) * 0.05);
  return [low - margin, high + margin];
}

const FRAME = { width: 420, height: 340, left: 36, right: 10, top: 24, bottom: 36 };

function axes(plot, [x0, x1], [y0, y1], place, names) {
  const { width, height, left, right, top, bottom } = FRAME;
  for (const value of ticksBetween(x0, x1)) {
    const [x] = place({ x: value, y: y0 });
    plot.append(svg("line", { class: value ? "rule" : "rule zero", x1: x, x2: x, y1: top, y2: height - bottom }));
    plot.append(svg("text", { x, y: height - bottom + 13, "text-anchor": "middle" }, names.written(value)));
  }
  for (const value of ticksBetween(y0, y1)) {
    const [, y] = place({ x: x0, y: value });
    plot.append(svg("line", { class: value ? "rule" : "rule zero", x1: left, x2: width - right, y1: y, y2: y }));
    plot.append(svg("text", { x: left - 5, y: y + 3, "text-anchor": "end" }, names.written(value)));
  }
  plot.append(svg("text", { class: "name", x: width - right, y: height - 5, "text-anchor": "end" }, `${names.x} →`));
  plot.append(svg("text", { class: "name", x: 2, y: 12 }, `${names.y} ↑`));
}

/** A scatter plot of points with x, y, model, looks, words and isSupported; `names` labels axes and formats values. */
export function scatter(title, points, names, { hasDiagonal = false, className = "" } = {}) {
  const words = `${title}: ${points.length} models, ${names.x} against ${names.y}`;
  const { made, plot } = card(title, FRAME.width, FRAME.height, words, className);
  if (!points.length) {
    plot.remove();
    made.append(element("p", "note", "No two scores to compare."));
    return made;
  }
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  const [xRange, yRange] = [extent(xs, hasDiagonal, ys), extent(ys, hasDiagonal, xs)];
  const { width, height, left, right, top, bottom } = FRAME;
  const scale = (value, [low, high], from, to) => from + ((value - low) / (high - low)) * (to - from);
  const place = ({ x, y }) => [
    scale(x, xRange, left, width - right),
    scale(y, yRange, height - bottom, top),
  ];
  axes(plot, xRange, yRange, place, names);
  if (hasDiagonal) {
    const [from, to] = [place({ x: xRange[0], y: xRange[0] }), place({ x: xRange[1], y: xRange[1] })];
    plot.append(svg("line", { class: "rule zero", x1: from[0], y1: from[1], x2: to[0], y2: to[1] }));
  }
  const hidden = drawPoints(plot, points, place);
  if (hidden) made.append(element("p", "note", `Not drawn because they fall on others of the same kind: ${hidden}.`));
  return made;
}
