// Drift as points of plots: one per model and column, with the look of its verdict.

import { data } from "./payload.js";
import { family } from "./family.js";
import { BETTER, COLUMNS, driftAtCell, EQUIVALENT, isKnown, WITHHELD, WORSE } from "./cells.js";
import { cellWords } from "./celltext.js";
import { shade } from "./colours.js";
import { passes } from "./order.js";

/** Whether a verdict supports a shift in either direction. */
export const isSupported = (verdict) => verdict === WORSE || verdict === BETTER;

/** The look of a mark by verdict: only supported shifts have colour, and only safety is filled. */
function markLooks(at, column) {
  const verdict = data.drift.verdict[at];
  if (isSupported(verdict)) return `${COLUMNS[column].safety ? "supported" : "supported able"} ${shade(data.drift.delta[at], verdict === WORSE)}`;
  return verdict === EQUIVALENT ? "equivalent" : "undecided";
}

/** The models that pass the filters and have drift in a column: indices of their rows, with withheld ones separate. */
export function driftOn(column) {
  const told = [];
  let withheld = 0;
  for (let i = 0; i < family.count; i++) {
    if (!isKnown(i) || family.isContext[i] || !passes(i)) continue;
    const at = driftAtCell(i, column);
    if (at < 0) continue;
    if (data.drift.verdict[at] === WITHHELD) withheld++;
    else told.push(at);
  }
  return { told, withheld };
}

/** A plot's point for a drift row. */
export function pointOf(at, column, x, y) {
  const model = data.drift.model[at];
  return {
    model,
    x,
    y,
    looks: markLooks(at, column),
    isSupported: isSupported(data.drift.verdict[at]),
    words: [family.idOf(model), ...cellWords(model, column)].join("\n"),
  };
}
