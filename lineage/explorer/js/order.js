// The rows of the list: siblings in the chosen order, branches folded, filters applied.
// A row is a model's number, or -2 - parent for a row of folded children; the roots are the children of -1.

import { data } from "./payload.js";
import { family, hasChildren, NO_RELATION } from "./family.js";
import { COLUMNS, driftAtCell, WITHHELD } from "./cells.js";
import { descendants, isScored, scoredBelow, worst } from "./standing.js";
import { isBornIn } from "./births.js";
import { settings } from "./settings.js";

const SIBLINGS_AT_FIRST = 14;
const SCORED_SIBLINGS = 60;
const LEAST_FOLDED = 4;

/** The children of the models that had theirs shown, in order. */
const children = new Map();
const keys = new Float64Array(family.count);
const isOpen = new Uint8Array(family.count).fill(1);
const isUnfolded = new Uint8Array(family.count + 1);
const isKept = new Uint8Array(family.count).fill(1);
export const rowOf = new Int32Array(family.count).fill(-1);
/** The last row of a model's children, where the line down to them ends. */
export const lastRowOf = new Int32Array(family.count).fill(-1);
export let rows = new Int32Array(0);
export let isFiltered = false;

export const isFoldRow = (row) => row < 0;
export const parentOfFold = (row) => -2 - row;
export const opened = (i) => isOpen[i] === 1;

function sortKey(i) {
  const { order, orderColumn } = settings;
  if (orderColumn >= 0) {
    const at = driftAtCell(i, orderColumn);
    if (at < 0 || data.drift.verdict[at] === WITHHELD) return -Infinity;
    return COLUMNS[orderColumn].safety ? data.drift.delta[at] : -data.drift.delta[at]; // the worst first
  }
  if (order === "downloads") return family.downloads[i];
  if (order === "created") return -family.drawnDay[i];
  if (order === "riskier") return worst[i] * 1e6 + scoredBelow(i);
  const scored = scoredBelow(i) + (isScored(i) ? 1 : 0);
  return (
    (isScored(i) ? 3 : 0) +
    5 * Math.log10(1 + scored) +
    0.4 * Math.log10(1 + descendants(i)) +
    0.3 * Math.log10(1 + Math.max(0, family.downloads[i]))
  );
}

function sort(list) {
  if (settings.order === "name" && settings.orderColumn < 0) {
    return list.sort((a, b) => (family.idOf(a) < family.idOf(b) ? -1 : 1));
  }
  for (const i of list) keys[i] = sortKey(i);
  return list.sort((a, b) => keys[b] - keys[a] || a - b);
}

/** The children of a model in order. */
function childrenOf(parent) {
  if (!children.has(parent)) {
    const found = [];
    const end = parent < 0 ? family.count : family.end[parent];
    for (let i = parent + 1; i < end; i = family.end[i]) found.push(i);
    children.set(parent, sort(Int32Array.from(found)));
  }
  return children.get(parent);
}

/** Sorts the children of every model anew, when they are next shown. */
export function sortSiblings() {
  children.clear();
}

/** Whether a model passes the filters besides that of the months. */
export function passesOtherwise(i) {
  const relation = family.relation[i];
  const wanted = settings.domains.reduce((mask, on, bit) => mask | (on ? 1 << bit : 0), 0);
  return (
    (relation === NO_RELATION || settings.relations[relation]) &&
    (!wanted || (family.domains[i] & wanted) !== 0) &&
    (!settings.onlyScored || isScored(i))
  );
}

/** Whether a model passes the filters itself; its ancestors are then shown with it. */
export const passes = (i) => passesOtherwise(i) && (settings.born === null || isBornIn(i, settings.born));

function filter() {
  isFiltered = settings.born !== null || settings.onlyScored || settings.relations.includes(false) || settings.domains.includes(true);
  if (!isFiltered) {
    isKept.fill(1);
    return;
  }
  isKept.fill(0);
  for (let i = family.count - 1; i >= 0; i--) {
    if (!isKept[i] && passes(i)) isKept[i] = 1;
    if (isKept[i] && family.parent[i] >= 0) isKept[family.parent[i]] = 1;
  }
}

/** How many of some siblings are shown: all if they are few, else the first ones, and more if they are scored. */
function shownOf(list, parent) {
  if (list.length <= SIBLINGS_AT_FIRST || isUnfolded[parent + 1]) return list.length;
  const isWorthIt = (i) => isScored(i) || scoredBelow(i) > 0;
  let shown = 0;
  while (
    shown < list.length &&
    shown < SCORED_SIBLINGS &&
    (shown < SIBLINGS_AT_FIRST - LEAST_FOLDED || isWorthIt(list[shown]))
  ) {
    shown++;
  }
  return list.length - shown < LEAST_FOLDED ? list.length : shown;
}

/** The children of a model that pass the filters, and how many of them are shown. */
function listed(parent) {
  const all = childrenOf(parent);
  const list = isFiltered ? all.filter((i) => isKept[i]) : all;
  return { list, shown: shownOf(list, parent) };
}

/** The models behind a fold row. */
export function foldedUnder(parent) {
  const { list, shown } = listed(parent);
  return list.subarray(shown);
}

/** Rebuilds the list of rows. */
export function listRows() {
  filter();
  rowOf.fill(-1);
  lastRowOf.fill(-1);
  const found = [];
  const waiting = [];
  const push = (parent) => {
    const { list, shown } = listed(parent);
    if (shown < list.length) waiting.push(-2 - parent);
    for (let at = shown - 1; at >= 0; at--) waiting.push(list[at]);
  };
  push(-1);
  while (waiting.length) {
    const row = waiting.pop();
    const above = isFoldRow(row) ? parentOfFold(row) : family.parent[row];
    if (above >= 0) lastRowOf[above] = found.length;
    if (!isFoldRow(row)) rowOf[row] = found.length;
    found.push(row);
    if (!isFoldRow(row) && isOpen[row] && hasChildren(row)) push(row);
  }
  rows = Int32Array.from(found);
}

/** Whether some models are behind a fold row now. */
export const hasFolds = () => rows.some(isFoldRow);

/** Opens the first generations and folds the deeper ones. */
export function openGenerations(count) {
  for (let i = 0; i < family.count; i++) isOpen[i] = family.depth[i] < count ? 1 : 0;
}

/** Opens or folds a model; with `isDeep`, all its descendants too. */
export function toggleOpen(i, isDeep) {
  const now = isOpen[i] ? 0 : 1;
  isOpen.fill(now, i, isDeep ? family.end[i] : i + 1);
}

export function unfold(parent) {
  isUnfolded[parent + 1] = 1;
}

/** Opens and unfolds whatever hides a model, so that it has a row; false if a filter excludes it. */
export function reveal(i) {
  for (let above = family.parent[i]; above >= 0; above = family.parent[above]) isOpen[above] = 1;
  listRows();
  if (!isKept[i]) return false;
  for (let one = i; rowOf[i] < 0 && one >= 0; one = family.parent[one]) {
    if (foldedUnder(family.parent[one]).includes(one)) unfold(family.parent[one]);
  }
  listRows();
  return rowOf[i] >= 0;
}
