// The horizontal axis of the tree: creation dates, or generations from the root.

import { family } from "./family.js";
import { byId, day, element, MILLISECONDS_A_DAY } from "./format.js";
import { settings } from "./settings.js";

const AXIS_LEFT = 16;
const AXIS_RIGHT = 24;
const WIDEST_GENERATION = 34;

const MOST_TICKS = 6;
const TICK_WIDTH = 32;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTHS_BETWEEN = [1, 3, 6, 12, 24, 60];

let first = family.count ? Infinity : 0;
let last = family.count ? -Infinity : 0;
for (const one of family.drawnDay) {
  first = Math.min(first, one);
  last = Math.max(last, one);
}

let axisWidth = 250;

export function setTreeWidth(pixels) {
  axisWidth = pixels;
}

const xOfDay = (days) => AXIS_LEFT + ((days - first) / Math.max(1, last - first)) * (axisWidth - AXIS_LEFT - AXIS_RIGHT);
const generationWidth = () => Math.min(WIDEST_GENERATION, (axisWidth - AXIS_LEFT - AXIS_RIGHT) / Math.max(1, family.deepest));

/** The position of a model, in pixels from the left. */
export function xOf(i) {
  if (settings.axis === "time") return xOfDay(family.drawnDay[i]);
  return AXIS_LEFT + family.depth[i] * generationWidth();
}

function timeTicks() {
  const months = (last - first) / 30.4;
  const step = MONTHS_BETWEEN.find((one) => months / one <= Math.min(MOST_TICKS, (axisWidth - AXIS_LEFT - AXIS_RIGHT) / TICK_WIDTH)) || 120;
  const found = [];
  const start = Number(day(first).slice(0, 4));
  const end = Number(day(last).slice(0, 4));
  for (let month = 0; month <= (end - start + 1) * 12; month += step) {
    const days = Date.UTC(start, month, 1) / MILLISECONDS_A_DAY;
    if (days < first || days > last) continue;
    const isYear = month % 12 === 0;
    found.push({ x: xOfDay(days), isLine: isYear, text: isYear ? String(start + month / 12) : MONTHS[month % 12] });
  }
  return found;
}

function generationTicks() {
  const step = Math.max(1, Math.ceil(20 / generationWidth()));
  const found = [];
  for (let depth = 0; depth <= family.deepest; depth += step) {
    found.push({ x: AXIS_LEFT + depth * generationWidth(), isLine: false, text: String(depth) });
  }
  return found;
}

let drawnTicks = [];

export const ticks = () => drawnTicks;

/** Draws the axis above the tree. */
export function drawAxis() {
  const axis = byId("axis");
  axis.textContent = "";
  drawnTicks = settings.axis === "time" ? timeTicks() : generationTicks();
  axis.append(element("span", "axis-title", settings.axis === "time" ? "created →" : "generation →"));
  for (const tick of drawnTicks) {
    const made = element("span", "tick", tick.text);
    made.style.left = `${tick.x}px`;
    axis.append(made);
  }
}
