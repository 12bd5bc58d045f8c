// Drift as points of plots: one a model and column, with the looks of its verdict.

import { data } from "./payload.js";
import { family } from "./family.js";
import { BETTER, COLUMNS, driftAtCell, EQUIVALENT, isKnown, WITHHELD, WORSE } from "./cells.js";
import { cellWords } from "./celltext.js";
import { shade } from "./colours.js";
import { passes } from "./order.js";

/** Whether a verdict supports a shift in either direction. */
export const isSupported = (verdict) => verdict === WORSE || verdict === BETTER;

/** Looks of a mark by verdict: colour for supported shifts alone, capability without the fill of safety. */
export function markLooks(at, column) {
  const verdict = data.drift.verdict[at];
  if (isSupported(verdict)) return `${COLUMNS[column].safety ? "supported" : "supported able"} ${shade(data.drift.delta[at])}`;
  return verdict === EQUIVALENT ? "equivalent" : "undecided";
}

/** The models that pass the filters and have drift on a column: the places of their rows, withheld ones apart. */
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

/** A point of a plot for a row of drift. */
export function pointOf(at, column, x, y) {
  const model = data.drift.model[at];
  return {
    model,
    x,
    y,
    looks: markLooks(at, column),
    isSupported: isSupported(data.drift.verdict[at]),
    words: [family.id[model], ...cellWords(model, column)].join("\n"),
  };
}
