// The tree grid by pointer: tooltips, folding, selecting, and the minimap.

import { data } from "./payload.js";
import { family, hasChildren } from "./family.js";
import { state, STATES } from "./cells.js";
import { cellWords } from "./celltext.js";
import { CLASS_WORDS, classOf, descendants, isScored, scoredBelow } from "./standing.js";
import { byId, day, isolated, whole } from "./format.js";
import { isFoldRow, parentOfFold, rows, toggleOpen, unfold } from "./order.js";
import { relationWord } from "./marks.js";
import { edgeFacts } from "./family.js";
import { colouringTitle, isByDrift, valueWords } from "./colouring.js";
import { hasScores } from "./presence.js";
import { settings } from "./settings.js";
import { scrollTopAt } from "./minimap.js";
import { chooseModel, marked, paint, relayout } from "./treeview.js";
import { standing } from "./evidence.js";
import { showTip } from "./tip.js";

const scrollArea = byId("scroller");
const miniature = byId("minimap");

function modelWords(i) {
  const parent = family.parent[i];
  const lines = [family.idOf(i)];
  if (parent >= 0) {
    const { evidence, isInferred, confidence } = edgeFacts(data.edges.kind[i]);
    const sure = isInferred ? `inferred, ${(confidence * 100).toFixed(0)} % sure` : standing(evidence, false);
    lines.push(`${relationWord(i)} of ${isolated(family.idOf(parent))}, ${sure}`);
  }
  const downloads = family.downloads[i] < 0 ? "downloads unknown" : `${whole(family.downloads[i])} downloads in 30 days`;
  lines.push(`created ${day(family.created[i])}, ${downloads}`);
  if (!isByDrift() && valueWords(i)) lines.push(`${colouringTitle(settings.colour)}: ${valueWords(i)}`);
  if (hasScores || STATES[state[i]] !== "unscored") {
    lines.push(isScored(i) ? `${STATES[state[i]]}; ${CLASS_WORDS[classOf[i]]}` : STATES[state[i]]);
  }
  const scored = hasScores ? `, ${whole(scoredBelow(i))} scored` : "";
  if (descendants(i)) lines.push(`${whole(descendants(i))} of this page made from it${scored}`);
  return lines;
}

function rowAt(event) {
  const line = event.target.closest(".row");
  return line ? Number(line.dataset.k) : -1;
}

function move(event) {
  const k = rowAt(event);
  const row = k < 0 ? -1 : rows[k];
  const pointed = row === undefined ? -1 : Math.max(-1, row);
  if (pointed !== marked.pointed) {
    marked.pointed = pointed;
    paint();
  }
  const { column } = event.target.dataset;
  if (pointed < 0) showTip(event, null);
  else showTip(event, column === undefined ? modelWords(pointed) : cellWords(pointed, Number(column)));
}

function click(event) {
  const k = rowAt(event);
  if (k < 0) return;
  const row = rows[k];
  marked.cursor = k;
  if (isFoldRow(row)) {
    unfold(parentOfFold(row));
    relayout(true);
  } else if (event.target.closest(".fold-sign") && hasChildren(row)) {
    toggleOpen(row, event.altKey);
    relayout(true);
  } else chooseModel(settings.model === row ? -1 : row);
}

function listenToMinimap() {
  const go = (event) => {
    const y = event.clientY - miniature.getBoundingClientRect().top;
    scrollArea.scrollTop = scrollTopAt(y, scrollArea.clientHeight);
  };
  miniature.addEventListener("pointerdown", (event) => {
    miniature.setPointerCapture(event.pointerId);
    go(event);
  });
  miniature.addEventListener("pointermove", (event) => event.buttons && go(event));
  miniature.addEventListener("wheel", (event) => (scrollArea.scrollTop += event.deltaY), { passive: true });
}

/** Listens to the grid, the minimap and the plots; `go` moves to a model. */
export function listenToPointer(go) {
  scrollArea.addEventListener("scroll", paint, { passive: true });
  const frame = byId("tree-view"); // how far cells are moved to the side: on a narrow screen names do not move with them
  frame.addEventListener("scroll", () => frame.style.setProperty("--moved", `${frame.scrollLeft}px`), { passive: true });
  scrollArea.addEventListener("mousemove", move);
  scrollArea.addEventListener("click", click);
  scrollArea.addEventListener("mouseleave", (event) => {
    marked.pointed = -1;
    showTip(event, null);
    paint();
  });
  listenToMinimap();
  const pages = byId("pages");
  pages.addEventListener("mousemove", (event) => {
    const { words } = event.target.dataset;
    showTip(event, words ? words.split("\n") : null);
  });
  pages.addEventListener("click", (event) => {
    const { model } = event.target.dataset;
    if (model !== undefined) go(Number(model));
  });
}
