// Marks of models: the shape shows the relation, the fill what is known. On canvas, and as SVG.

import { family, NO_RELATION } from "./family.js";
import { state, STATES } from "./cells.js";
import {
  ALL_EQUIVALENT,
  ALONE,
  best,
  classOf,
  CONTRADICTORY,
  RISKIER,
  SAFER,
  SILENT,
  UNSCORED,
  worst,
} from "./standing.js";
import { colours, shade } from "./colours.js";
import { element } from "./format.js";

/** Characters that look like the shapes, by relation: fine-tune, adapter, quantized, merge. */
export const GLYPHS = ["●", "◆", "■", "▲"];
export const ROOT_GLYPH = "◉";
export const RELATION_WORDS = ["fine-tune", "adapter", "quantization", "merge"];
const IN_QUEUE = new Set(["queued", "running"]);

export const glyphOf = (i) => (family.relation[i] === NO_RELATION ? ROOT_GLYPH : GLYPHS[family.relation[i]]);
export const relationWord = (i) => (family.relation[i] === NO_RELATION ? "root" : RELATION_WORDS[family.relation[i]]);

/** A domain's title after a square of its colour, both from the lexicon. */
export function topicMark(domain) {
  const made = element("span", "topic", domain.title);
  made.style.setProperty("--topic", domain.colour);
  return made;
}

/** Corners of a shape of radius 1 around 0, by relation; null for a circle. */
const CORNERS = [
  null,
  [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
  [[-0.92, -0.92], [0.92, -0.92], [0.92, 0.92], [-0.92, 0.92]],
  [[0, -1.2], [1.2, 0.95], [-1.2, 0.95]],
];

function trace(context, x, y, radius, relation) {
  const corners = CORNERS[relation] || null;
  context.beginPath();
  if (!corners) {
    context.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  corners.forEach(([dx, dy], at) => {
    if (at) context.lineTo(x + dx * radius, y + dy * radius);
    else context.moveTo(x + dx * radius, y + dy * radius);
  });
  context.closePath();
}

/** The SVG path of a shape. */
export function shapePath(x, y, radius, relation) {
  const corners = CORNERS[relation] || null;
  if (corners) return `M${corners.map(([dx, dy]) => `${x + dx * radius} ${y + dy * radius}`).join("L")}Z`;
  return `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`;
}

function drawUnscored(context, i, x, y, radius) {
  const isQueued = IN_QUEUE.has(STATES[state[i]]);
  context.fillStyle = colours.panel;
  context.fill();
  context.lineWidth = 1.2;
  context.strokeStyle = isQueued ? colours.accent : colours.faint;
  context.stroke();
  if (!isQueued) return;
  context.beginPath();
  context.arc(x, y, Math.max(1.2, radius * 0.36), 0, 2 * Math.PI);
  context.fillStyle = colours.accent;
  context.fill();
}

function halves(context, i, x, y, radius) {
  context.save();
  context.clip();
  context.fillStyle = colours[shade(worst[i])];
  context.fillRect(x - 2 * radius, y - 2 * radius, 2 * radius, 4 * radius);
  context.fillStyle = colours[shade(best[i])];
  context.fillRect(x, y - 2 * radius, 2 * radius, 4 * radius);
  context.restore();
}

/** Hatching on a mark whose verdicts are all withheld, whatever its scores. */
function hatch(context, x, y, radius) {
  context.save();
  context.clip();
  context.beginPath();
  for (let at = -2 * radius; at < 2 * radius; at += 2.6) {
    context.moveTo(x + at, y + 2 * radius);
    context.lineTo(x + at + 4 * radius, y - 2 * radius);
  }
  context.lineWidth = 0.9;
  context.strokeStyle = colours.hatch;
  context.stroke();
  context.restore();
}

const FILLS = {
  [RISKIER]: (i) => colours[shade(worst[i])],
  [SAFER]: (i) => colours[shade(best[i])],
  [ALL_EQUIVALENT]: () => colours.muted,
  [SILENT]: () => colours.panel,
  [ALONE]: () => colours.panel,
};

/** Draws the mark of a model in the colour of its kind; a hollow one has a thinner rim. */
export function drawKind(context, i, x, y, radius, fill, isHollow) {
  context.setLineDash([]);
  trace(context, x, y, radius, family.relation[i]);
  context.fillStyle = fill;
  context.fill();
  context.lineWidth = 1.1;
  context.strokeStyle = isHollow ? colours.faint : colours.ink;
  context.stroke();
}

/** Draws the mark of a model in the colour of its verdicts. */
export function drawMark(context, i, x, y, radius) {
  const kind = classOf[i];
  const relation = family.relation[i];
  context.setLineDash([]);
  trace(context, x, y, radius, relation);
  if (kind === UNSCORED) {
    drawUnscored(context, i, x, y, radius);
    return;
  }
  if (kind === CONTRADICTORY) halves(context, i, x, y, radius);
  else {
    context.fillStyle = FILLS[kind] ? FILLS[kind](i) : colours.dot;
    context.fill();
  }
  if (kind === SILENT) hatch(context, x, y, radius);
  trace(context, x, y, radius, relation);
  context.lineWidth = kind === ALONE ? 1.8 : 1.1;
  context.strokeStyle = colours.ink;
  context.globalAlpha = kind === ALONE ? 0.9 : 0.6;
  context.stroke();
  context.globalAlpha = 1;
}

/** The radius of a mark: it grows with the downloads. */
export function radiusOf(i, rowHeight) {
  const downloads = Math.max(0, family.downloads[i]);
  return Math.min(rowHeight * 0.34, 3.2 + Math.max(0, Math.log10(downloads + 1) - 1.5) * 0.8);
}
