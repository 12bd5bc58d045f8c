// The tree grid by keyboard: arrows move and fold, Enter opens the details, Escape closes them.

import { family, hasChildren } from "./family.js";
import { isFoldRow, opened, parentOfFold, rowOf, rows, toggleOpen, unfold } from "./order.js";
import { byId } from "./format.js";
import { settings } from "./settings.js";
import { chooseModel, marked, moveCursor, relayout, rowsInSight } from "./treeview.js";

function toggle(i, isDeep) {
  if (!hasChildren(i)) return;
  toggleOpen(i, isDeep);
  relayout(true);
  marked.cursor = rowOf[i];
}

function right(k, event) {
  const row = rows[k];
  if (isFoldRow(row)) {
    unfold(parentOfFold(row));
    relayout(true);
    return k;
  }
  if (opened(row)) return hasChildren(row) ? k + 1 : k;
  toggle(row, event.altKey);
  return k;
}

function left(k, event) {
  const row = rows[k];
  if (!isFoldRow(row) && opened(row) && hasChildren(row)) {
    toggle(row, event.altKey);
    return k;
  }
  const above = isFoldRow(row) ? parentOfFold(row) : family.parent[row];
  return above >= 0 ? rowOf[above] : k;
}

function enter(k) {
  const row = rows[k];
  if (isFoldRow(row)) {
    unfold(parentOfFold(row));
    relayout(true);
  } else chooseModel(settings.model === row ? -1 : row);
  return k;
}

/** The action of each key on the focused row: returns the row to go to. */
const ACTIONS = {
  ArrowDown: (k) => k + 1,
  ArrowUp: (k) => k - 1,
  PageDown: (k) => k + rowsInSight(),
  PageUp: (k) => k - rowsInSight(),
  Home: () => 0,
  End: () => rows.length - 1,
  ArrowRight: right,
  ArrowLeft: left,
  Enter: enter,
  " ": enter,
  Escape: (k) => {
    chooseModel(-1);
    return k;
  },
};

/** Listens to the tree grid. */
export function listenToKeys() {
  const grid = byId("scroller");
  grid.addEventListener("focus", () => {
    if (marked.cursor < 0 && rows.length) moveCursor(0);
  });
  grid.addEventListener("keydown", (event) => {
    const action = ACTIONS[event.key];
    if (!action || !rows.length || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    moveCursor(action(Math.max(0, marked.cursor), event));
  });
}
