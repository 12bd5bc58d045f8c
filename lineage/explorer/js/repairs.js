// The frontier of a model's repairs: for every recipe that was tried, the drift left and the capability lost or gained.
// Whether a recipe is safe, and which one was chosen, is the database's decision; nothing is judged here.

import { data } from "./payload.js";
import { svg, ticksBetween } from "./chart.js";
import { element, isolated, plural, signed } from "./format.js";

const FRONTIER_WIDTH = 280;
const PANEL_WIDTH = 126;
const PANEL_LEFT = [4, 150];
const FRONTIER_TOP = 30;
const LINE_HEIGHT = 11;
const MARKS_HEIGHT = 22;
const HALVES = ["search", "confirmation"];

const { repairs } = data;
const repairsByModel = new Map();
Array.from(repairs.model).forEach((row, at) => repairsByModel.set(row, [...(repairsByModel.get(row) ?? []), at]));

/** The repairs of a model, as lists of rows: one list for each base and margin. */
export function repairsOf(i) {
  const groups = new Map();
  for (const at of repairsByModel.get(i) ?? []) {
    const key = `${repairs.base[at]}:${repairs.margin[at]}`;
    groups.set(key, [...(groups.get(key) ?? []), at]);
  }
  return [...groups.values()];
}

const recipeOf = (at) => repairs.recipes[repairs.recipe[at]];
/** A recipe in one or two lines. */
const recipeLines = (at) => recipeOf(at).split(/ (?=and )/);
const rangeWords = (low, high) => (low === null || high === null ? "" : ` (${signed(low, 1)} to ${signed(high, 1)})`);
const safeWords = (at) => (repairs.safe[at] ? "no worse than allowed" : "not shown to be no worse");
const driftWords = (at) => (repairs.drift[at] === null ? "unknown" : `${signed(repairs.drift[at], 1)}${rangeWords(repairs.low[at], repairs.high[at])}`);

const negative = (value) => (value === null ? null : -value);

/** What became of the capability: a loss below 0 is a gain, and its interval is turned with it. */
function capabilityWords(at) {
  const [loss, low, high] = [repairs.loss[at], repairs.loss_low[at], repairs.loss_high[at]];
  if (loss === null) return "capability not run";
  const size = Math.abs(loss).toFixed(1);
  if (loss < 0 && Number(size) > 0) return `capability gained ${size}${rangeWords(negative(high), negative(low))}`;
  return `capability lost ${size}${rangeWords(low, high)}`;
}

/** What one recipe came to, in a sentence. */
function recipeWords(at) {
  return `${recipeOf(at)}, ${HALVES[repairs.half[at]]}, ${plural(repairs.items[at], "item")}: drift ${driftWords(at)}, ${safeWords(at)}; ${capabilityWords(at)}`;
}

/** The height of a recipe: its name, and the marks below it. */
const heightOf = (rows) => LINE_HEIGHT * Math.max(...rows.map((at) => recipeLines(at).length)) + MARKS_HEIGHT;

/** Draws one of the two panels: its axis with the margin, and the interval of every recipe that has one. */
function drawPanel(plot, rows, place, [value, low, high], title) {
  const height = heightOf(rows);
  const margin = repairs.margin[rows[0]];
  const known = rows.flatMap((at) => [value[at], low[at], high[at]]).filter((one) => one !== null);
  const [least, most] = [Math.min(0, ...known), Math.max(margin, ...known)];
  const left = PANEL_LEFT[place];
  const xOfPoints = (points) => left + 4 + ((points - least) / (most - least || 1)) * (PANEL_WIDTH - 8);
  const bottom = FRONTIER_TOP + rows.length * height;
  plot.append(svg("text", { class: "name", x: left, y: 11 }, title));
  for (const tick of ticksBetween(least, most, 4)) {
    plot.append(svg("line", { class: "rule", x1: xOfPoints(tick), x2: xOfPoints(tick), y1: FRONTIER_TOP - 4, y2: bottom }));
    plot.append(svg("text", { x: xOfPoints(tick), y: FRONTIER_TOP - 7, "text-anchor": "middle" }, signed(tick)));
  }
  plot.append(svg("line", { class: "rule limit", x1: xOfPoints(margin), x2: xOfPoints(margin), y1: FRONTIER_TOP - 4, y2: bottom }));
  rows.forEach((at, number) => {
    if (value[at] === null) return;
    const y = FRONTIER_TOP + (number + 1) * height - 10;
    if (low[at] !== null && high[at] !== null) {
      plot.append(svg("line", { class: "reach", x1: xOfPoints(low[at]), x2: xOfPoints(high[at]), y1: y, y2: y }));
    }
    plot.append(svg("circle", { class: `tried ${HALVES[repairs.half[at]]}`, cx: xOfPoints(value[at]), cy: y, r: 3.6 }));
  });
}

function drawFrontier(rows) {
  const height = FRONTIER_TOP + rows.length * heightOf(rows) + 4;
  const words = rows.map(recipeWords).join(". ");
  const plot = svg("svg", { class: "frontier", viewBox: `0 0 ${FRONTIER_WIDTH} ${height}`, role: "img", "aria-label": words });
  drawPanel(plot, rows, 0, [repairs.drift, repairs.low, repairs.high], "drift left");
  drawPanel(plot, rows, 1, [repairs.loss, repairs.loss_low, repairs.loss_high], "lost, below 0 gained");
  rows.forEach((at, number) => {
    const y = FRONTIER_TOP + number * heightOf(rows) + 12;
    const name = svg("text", { class: repairs.chosen[at] ? "name chosen" : "name", y });
    name.append(svg("title", {}, recipeWords(at)));
    name.append(...recipeLines(at).map((line, below) => svg("tspan", { x: 4, dy: below ? LINE_HEIGHT : 0 }, line)));
    plot.append(name);
  });
  return plot;
}

/** What was chosen, by the half of the items that it was not chosen by. */
function chosenWords(rows) {
  const confirmed = rows.find((at) => repairs.chosen[at] && HALVES[repairs.half[at]] === "confirmation");
  if (confirmed === undefined) return "No recipe was chosen.";
  return `Chosen: ${recipeOf(confirmed)}. On the items that it was not chosen by: drift ${driftWords(confirmed)}, ${safeWords(confirmed)}; ${capabilityWords(confirmed)}.`;
}

/** The parts of the section on a model's repairs against one base. */
export function repairParts(rows) {
  const base = isolated(repairs.bases[repairs.base[rows[0]]]);
  const margin = repairs.margin[rows[0]];
  const more = element("details");
  const list = element("ul", "proofs");
  list.append(...rows.map((at) => element("li", "", recipeWords(at))));
  more.append(element("summary", "", "every recipe in words"), list);
  return [
    element("p", "note", chosenWords(rows)),
    drawFrontier(rows),
    element("p", "note", `In points: drift from ${base}, capability from the model itself; the dashed lines are the ${margin} points that are allowed. Ring: a search, which stops once it has decided; filled: all items of the other half.`),
    more,
  ];
}
