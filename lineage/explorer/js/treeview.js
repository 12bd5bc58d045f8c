// The tree grid: connects list, rows, canvas and minimap, and moves to a model.

import { family } from "./family.js";
import { byId } from "./format.js";
import { setTreeWidth, drawAxis } from "./axis.js";
import { drawTree } from "./branches.js";
import { drawMinimap, drawWindow, MINIMAP_WIDTH } from "./minimap.js";
import { colouringTitle, isByDrift } from "./colouring.js";
import { originOf } from "./origin.js";
import { isFoldRow, listRows, reveal, rowOf, rows } from "./order.js";
import { fillRow, makeRow, rowWords } from "./rowview.js";
import { settings } from "./settings.js";

const scroller = byId("scroller");
const canvas = byId("tree-canvas");
const miniCanvas = byId("minimap");
const context = canvas.getContext("2d");
const miniContext = miniCanvas.getContext("2d");

/** What rows need besides the settings: the focused row, the models found, the model pointed at. */
export const marked = { cursor: -1, hits: new Set(), pointed: -1 };

const MOST_MEASURED = 1_000;
const LETTERS_OF_PARENTS = 11;
const LETTERS_OF_ORIGIN = 18;
const LETTER_WIDTH = 7.2;
const NAME_FRAME = 32;
const WIDEST_NAME = 420;

let pool = [];
let height = 600;
let treeWidth = 250;
let frame = 0;
let isDrawn = false;
let listeners = [];

/** Runs an action whenever another model is selected. */
export function onChosen(action) {
  listeners.push(action);
}

function resizeCanvas(one, width) {
  const ratio = devicePixelRatio || 1;
  one.width = width * ratio;
  one.height = height * ratio;
  one.style.width = `${width}px`;
  one.style.height = `${height}px`;
  one.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
}

/** The pixels that the names of the list need: no more are left between names and cells. */
function widthOfNames() {
  let longest = 0;
  for (const row of rows.subarray(0, MOST_MEASURED)) {
    const more = family.others.has(row) ? LETTERS_OF_PARENTS : family.parent[row] < 0 && originOf(row).isLikely ? LETTERS_OF_ORIGIN : 0;
    if (!isFoldRow(row)) longest = Math.max(longest, family.idOf(row).length + more);
  }
  return Math.min(WIDEST_NAME, Math.round(NAME_FRAME + longest * LETTER_WIDTH));
}

function measure() {
  treeWidth = Math.round(parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--tree")));
  height = scroller.clientHeight;
  setTreeWidth(treeWidth);
  resizeCanvas(canvas, treeWidth);
  resizeCanvas(miniCanvas, MINIMAP_WIDTH);
  const page = document.documentElement;
  page.style.setProperty("--row", `${settings.rowHeight}px`);
  page.style.setProperty("--names", `${widthOfNames()}px`);
  page.dataset.kind = isByDrift() || settings.colour === "downloads" ? "none" : "shown";
  byId("kind-head").textContent = colouringTitle(settings.colour);
  while (pool.length < Math.ceil(height / settings.rowHeight) + 3) {
    const part = makeRow();
    scroller.append(part.line);
    pool.push(part);
  }
}

/** Draws the visible rows; `top` is how far the list is scrolled. */
function draw(top = scroller.scrollTop) {
  const { rowHeight } = settings;
  const from = Math.max(0, Math.floor(top / rowHeight));
  const to = Math.min(rows.length, Math.ceil((top + height) / rowHeight) + 1);
  pool.forEach((part, at) => {
    if (from + at < to) fillRow(part, rows[from + at], from + at, marked);
    else part.line.style.display = "none";
  });
  const view = { from, to, width: treeWidth, height, yOf: (k) => k * rowHeight - top + rowHeight / 2 };
  drawTree(context, view, marked.pointed);
  drawWindow(top, height);
}

/** Draws in the next frame, once per frame however often it is called. */
export function paint() {
  if (frame) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    draw();
  });
}

/** Rebuilds the rows with other columns. */
export function dropRows() {
  for (const part of pool) part.line.remove();
  pool = [];
}

/** Says why the list is empty, if it is. */
function tellNothing() {
  const told = byId("nothing");
  told.hidden = rows.length > 0;
  told.textContent = rows.length ? "" : family.count ? "No model passes the filters." : "No model was selected.";
}

/** Rebuilds the list and draws everything; `keepsPlace` keeps the scroll position. */
export function relayout(keepsPlace = false) {
  const top = keepsPlace && isDrawn ? scroller.scrollTop : 0; // to ask before the first drawing would lay out the page once more
  listRows();
  document.documentElement.style.setProperty("--list", `${rows.length * settings.rowHeight}px`);
  byId("spacer").style.height = `${rows.length * settings.rowHeight}px`;
  scroller.setAttribute("aria-rowcount", rows.length);
  tellNothing();
  measure();
  if (isDrawn) scroller.scrollTop = top;
  drawAxis();
  drawMinimap(miniContext, height);
  if (isDrawn) draw();
  else draw(0);
  isDrawn = true;
}

function say(text) {
  byId("live").textContent = text;
}

/** Scrolls a row into view. */
function showRow(k) {
  const { rowHeight } = settings;
  const y = k * rowHeight;
  if (y < scroller.scrollTop) scroller.scrollTop = y;
  else if (y + rowHeight > scroller.scrollTop + height) scroller.scrollTop = y + rowHeight - height;
}

/** Moves the focused row, and announces it. */
export function moveCursor(k) {
  marked.cursor = Math.max(0, Math.min(rows.length - 1, k));
  showRow(marked.cursor);
  draw();
  scroller.setAttribute("aria-activedescendant", `row-${marked.cursor}`);
  if (rows[marked.cursor] >= 0) say(rowWords(rows[marked.cursor]));
}

/** How many rows fit in the view. */
export const rowsInSight = () => Math.max(1, Math.floor(height / settings.rowHeight) - 1);

/** Selects a model, -1 for none. */
export function chooseModel(i) {
  settings.model = i;
  for (const action of listeners) action();
  draw();
}

/** Opens whatever hides a model, scrolls to it and selects it; false if a filter excludes it. */
export function goTo(i, takesFocus = false) {
  const isShown = reveal(i);
  relayout(true);
  if (isShown) {
    const y = rowOf[i] * settings.rowHeight;
    if (y < scroller.scrollTop + settings.rowHeight || y > scroller.scrollTop + height - 3 * settings.rowHeight) {
      scroller.scrollTop = y - height * 0.4;
    }
    marked.cursor = rowOf[i];
    scroller.setAttribute("aria-activedescendant", `row-${marked.cursor}`);
  }
  chooseModel(i);
  if (takesFocus) scroller.focus({ preventScroll: true });
  say(isShown ? rowWords(i) : `${family.idOf(i)} is left out by the filters`);
  return isShown;
}
