// An overview of the whole list, to the right of the matrix: the largest supported shift per pixel row and column.

import { data } from "./payload.js";
import { family } from "./family.js";
import { BETTER, COLUMNS, driftAtCell, isKnown, WORSE } from "./cells.js";
import { fillOf, isByDrift, kindOf } from "./colouring.js";
import { isFoldRow, rows } from "./order.js";
import { byId } from "./format.js";
import { colours, shade } from "./colours.js";
import { settings, shownColumns } from "./settings.js";

export const MINIMAP_WIDTH = 74;
const TALLEST_ROW = 3;
const TREE_PART = 26;

let drawnHeight = 0;

/** The largest supported shift of some rows in a column: 0 if none is supported, null if nothing is known. */
function largest(from, to, column) {
  let found = null;
  for (let k = from; k < to; k++) {
    const row = rows[k];
    if (isFoldRow(row) || !isKnown(row)) continue;
    const at = driftAtCell(row, column);
    if (at < 0) continue;
    const verdict = data.drift.verdict[at];
    const delta = verdict === WORSE || verdict === BETTER ? data.drift.delta[at] : 0;
    if (found === null || Math.abs(delta) > Math.abs(found)) found = delta;
  }
  return found;
}

function drawLine(context, from, to, y, height) {
  let depth = Infinity;
  for (let k = from; k < to; k++) if (!isFoldRow(rows[k])) depth = Math.min(depth, family.depth[rows[k]]);
  if (depth < Infinity) {
    const first = rows.subarray(from, to).find((row) => !isFoldRow(row));
    const kind = isByDrift() ? null : kindOf(first);
    context.fillStyle = kind && !kind.isHollow ? fillOf(kind) : colours.edge;
    context.fillRect(4 + Math.min(depth * 3, TREE_PART - 9), y, kind ? 14 : 5, height);
  }
  const columns = shownColumns().filter((column) => COLUMNS[column].safety);
  const cellWidth = Math.min(6, (MINIMAP_WIDTH - TREE_PART - 4) / Math.max(1, columns.length));
  columns.forEach((column, place) => {
    const shift = largest(from, to, column);
    if (shift === null) return;
    context.fillStyle = shift ? colours[shade(shift)] : colours.neutral;
    context.fillRect(TREE_PART + place * cellWidth, y, cellWidth - 0.6, height);
  });
}

/** Draws the list into the canvas at the given height. */
export function drawMinimap(context, height) {
  context.clearRect(0, 0, MINIMAP_WIDTH, height);
  drawnHeight = Math.min(height, rows.length * TALLEST_ROW);
  const lines = Math.max(1, Math.min(Math.floor(height), rows.length));
  const step = drawnHeight / lines;
  for (let line = 0; line < lines; line++) {
    const from = Math.floor((line * rows.length) / lines);
    const to = Math.max(from + 1, Math.floor(((line + 1) * rows.length) / lines));
    drawLine(context, from, Math.min(to, rows.length), line * step, Math.max(0.8, step - (step > 2 ? 0.6 : 0)));
  }
}

/** Shows which part of the list is visible. */
export function drawWindow(scrollTop, height) {
  const whole = rows.length * settings.rowHeight;
  const frame = byId("minimap-window");
  frame.style.display = whole > height ? "" : "none";
  frame.style.top = `${(scrollTop / whole) * drawnHeight}px`;
  frame.style.height = `${Math.max(8, (height / whole) * drawnHeight)}px`;
}

/** The scroll position that centres a place on the map. */
export function scrollTopAt(y, height) {
  return (y / Math.max(1, drawnHeight)) * rows.length * settings.rowHeight - height / 2;
}
