// The tree on canvas: branches, the path to the root, arcs to the other parents of a merge, and a mark for each row.
// Only the visible rows are drawn, and the lines that pass them.

import { family } from "./family.js";
import { isFoldRow, lastRowOf, parentOfFold, rowOf, rows } from "./order.js";
import { colours } from "./colours.js";
import { fillOf, isByDrift, kindOf } from "./colouring.js";
import { drawKind, drawMark, radiusOf } from "./marks.js";
import { settings } from "./settings.js";
import { ticks, xOf } from "./axis.js";

const CURVE = 5;
/** A model with more other parents than this has arcs only while it is pointed at or selected. */
const ARCS_UNASKED = 2;
/** Inferred edges are dashed, folded ones dotted; a declared edge is solid, whatever its relation. */
const DECLARED = [];
const INFERRED = [4, 3];
const FOLDED = [1.5, 2.5];

const middle = (value) => Math.round(value) + 0.5;
const parentOfRow = (row) => (isFoldRow(row) ? parentOfFold(row) : family.parent[row]);

/** Models whose lines to their children pass through the visible rows. */
function passing(view) {
  const found = [];
  const first = rows[view.from];
  for (let i = first === undefined ? -1 : parentOfRow(first); i >= 0; i = family.parent[i]) found.push(i);
  for (let k = view.from; k < view.to; k++) {
    if (!isFoldRow(rows[k]) && lastRowOf[rows[k]] > k) found.push(rows[k]);
  }
  return found;
}

function drawGrid(context, view) {
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.setLineDash([]);
  context.beginPath();
  for (const tick of ticks()) {
    if (!tick.isLine) continue;
    context.moveTo(middle(tick.x), 0);
    context.lineTo(middle(tick.x), view.height);
  }
  context.stroke();
}

function drawTrunks(context, view) {
  context.strokeStyle = colours.edge;
  context.lineWidth = 1;
  context.beginPath();
  for (const i of passing(view)) {
    const from = Math.max(-CURVE, view.yOf(rowOf[i]));
    const to = Math.min(view.height + CURVE, view.yOf(lastRowOf[i]) - CURVE);
    if (to <= from) continue;
    context.moveTo(middle(xOf(i)), from);
    context.lineTo(middle(xOf(i)), to);
  }
  context.stroke();
}

function drawTwigs(context, view) {
  for (let k = view.from; k < view.to; k++) {
    const row = rows[k];
    const above = parentOfRow(row);
    if (above < 0) continue;
    const from = middle(xOf(above));
    const to = isFoldRow(row) ? from + 14 : xOf(row);
    const y = middle(view.yOf(k));
    context.setLineDash(isFoldRow(row) ? FOLDED : family.isInferred[row] ? INFERRED : DECLARED);
    context.beginPath();
    context.moveTo(from, y - CURVE - 0.5);
    context.quadraticCurveTo(from, y, from + Math.min(CURVE, Math.max(1, to - from)), y);
    context.lineTo(to, y);
    context.stroke();
  }
}

function drawLeaders(context, view) {
  context.setLineDash([1, 3]);
  context.strokeStyle = colours.line;
  context.beginPath();
  for (let k = view.from; k < view.to; k++) {
    if (isFoldRow(rows[k])) continue;
    context.moveTo(xOf(rows[k]) + 9, middle(view.yOf(k)));
    context.lineTo(view.width, middle(view.yOf(k)));
  }
  context.stroke();
  context.setLineDash([]);
}

/** The path from a model up to its root; its inferred steps stay dashed. */
function drawPath(context, view, i) {
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  for (let one = i, above = family.parent[one]; above >= 0; one = above, above = family.parent[one]) {
    const x = middle(xOf(above));
    const y = view.yOf(rowOf[one]);
    context.setLineDash(family.isInferred[one] ? INFERRED : DECLARED);
    context.beginPath();
    context.moveTo(x, Math.max(-9, view.yOf(rowOf[above])));
    context.lineTo(x, Math.min(view.height + 9, Math.max(-9, y - CURVE)));
    if (y > -9 && y < view.height + 9) {
      context.quadraticCurveTo(x, y, x + CURVE, y);
      context.lineTo(xOf(one), y);
    }
    context.stroke();
  }
}

/** Arcs from a model to those of its other parents that have rows. */
function drawArcs(context, view, i, colour, most = Infinity) {
  context.strokeStyle = colour;
  context.lineWidth = 1.4;
  context.setLineDash([2, 2]);
  const others = family.others.get(i) || [];
  for (const { parent } of others.length > most ? [] : others) {
    if (parent < 0 || rowOf[parent] < 0) continue;
    const [y, above] = [view.yOf(rowOf[i]), view.yOf(rowOf[parent])];
    if (Math.max(y, above) < 0 || Math.min(y, above) > view.height) continue;
    const x = Math.min(view.width - 2, Math.max(xOf(i), xOf(parent)) + 26);
    context.beginPath();
    context.moveTo(xOf(parent), above);
    context.bezierCurveTo(x, above, x, y, xOf(i) + 5, y);
    context.stroke();
  }
  context.setLineDash([]);
}

function drawMarks(context, view) {
  for (let k = view.from; k < view.to; k++) {
    const row = rows[k];
    if (isFoldRow(row)) continue;
    const [x, y, radius] = [xOf(row), view.yOf(k), radiusOf(row, settings.rowHeight)];
    context.globalAlpha = family.isContext[row] ? 0.45 : 1;
    if (isByDrift()) drawMark(context, row, x, y, radius);
    else drawKind(context, row, x, y, radius, fillOf(kindOf(row)), kindOf(row).isHollow);
    context.globalAlpha = 1;
    if (row !== settings.model) continue;
    context.beginPath();
    context.arc(x, y, radius + 3.5, 0, 2 * Math.PI);
    context.strokeStyle = colours.accent;
    context.lineWidth = 2;
    context.stroke();
  }
}

/** Draws the rows `from` to `to` of a view: width and height in pixels; `yOf` gives the middle of each row. */
export function drawTree(context, view, pointed) {
  context.clearRect(0, 0, view.width, view.height);
  drawGrid(context, view);
  drawTrunks(context, view);
  drawTwigs(context, view);
  drawLeaders(context, view);
  const chosen = settings.model >= 0 ? settings.model : pointed;
  for (let k = view.from; k < view.to; k++) {
    if (!isFoldRow(rows[k]) && rows[k] !== chosen) drawArcs(context, view, rows[k], colours.arc, ARCS_UNASKED);
  }
  if (chosen >= 0 && rowOf[chosen] >= 0) {
    drawPath(context, view, chosen);
    drawArcs(context, view, chosen, colours.accent);
  }
  drawMarks(context, view);
}
