// The visible rows as elements: about forty, reused while the list scrolls.

import { family, hasChildren } from "./family.js";
import { state, STATES } from "./cells.js";
import {
  ALL_EQUIVALENT,
  CLASS_WORDS,
  classOf,
  CONTRADICTORY,
  countBelow,
  descendants,
  isScored,
  RISKIER,
  SAFER,
  SILENT,
  UNSURE,
} from "./standing.js";
import { cellLooks, cellSummary, cellWords } from "./celltext.js";
import { element, isAscii, plural, short, splitId, whole } from "./format.js";
import { foldedUnder, isFiltered, isFoldRow, opened, parentOfFold, passes } from "./order.js";
import { relationWord } from "./marks.js";
import { originOf } from "./origin.js";
import { fillOf, isByDrift, kindOf, valueWords } from "./colouring.js";
import { hasScores } from "./presence.js";
import { settings, shownColumns } from "./settings.js";

const BARS = [
  [RISKIER, "bar-worse"],
  [CONTRADICTORY, "bar-both"],
  [SAFER, "bar-better"],
  [ALL_EQUIVALENT, "bar-equivalent"],
  [UNSURE, "bar-undecided"],
  [SILENT, "bar-withheld"],
];
const LONGEST_DIFFERENCE = 28;
const SHORTEST_DIFFERENCE = 6;
/** Letters of a word that are dropped rather than cut, if a difference is too long. */
const LONGEST_WORD = 10;

function cellElement(className, role) {
  const made = element("div", className);
  made.setAttribute("role", role);
  return made;
}

/** Makes an empty row; `fillRow` writes a model into it. */
export function makeRow() {
  const line = cellElement("row grid", "row");
  const part = {
    line,
    name: cellElement("row-name", "rowheader"),
    fold: element("span", "fold-sign"),
    lead: element("span", "lead"),
    org: element("span", "org"),
    shared: element("span", "shared"),
    own: element("span", "own"),
    parents: element("span", "parents"),
    below: cellElement("row-below", "gridcell"),
    count: element("span", "count"),
    bar: element("span", "mix"),
    downloads: cellElement("row-downloads", "gridcell"),
    kind: cellElement("row-kind", "gridcell"),
    note: cellElement("row-note", "gridcell"),
    cells: shownColumns().map(() => cellElement("cell", "gridcell")),
  };
  part.fold.setAttribute("aria-hidden", "true");
  part.lead.append(part.org, part.shared);
  part.name.append(part.fold, part.lead, part.own, part.parents);
  part.segments = BARS.map(([, className]) => element("i", className));
  part.bar.append(...part.segments);
  part.below.append(part.count, part.bar);
  line.append(element("div", "row-tree"), part.name, part.kind, part.below, part.downloads, ...part.cells, part.note);
  line.firstChild.setAttribute("role", "presentation");
  shownColumns().forEach((column, at) => (part.cells[at].dataset.column = column));
  return part;
}

/** Where a model's name starts to differ from its parent's: the shared start is dimmed. */
function sharedLength(i, name) {
  if (family.parent[i] < 0) return 0;
  const above = splitId(family.idOf(family.parent[i]))[1].toLowerCase();
  const mine = name.toLowerCase();
  let length = 0;
  while (length < mine.length && mine[length] === above[length]) length++;
  if (length === name.length) length = Math.max(0, name.length - SHORTEST_DIFFERENCE);
  const latest = name.length - LONGEST_DIFFERENCE;
  return length >= latest ? length : latest + Math.max(0, name.slice(latest, latest + LONGEST_WORD).search(/[-_.]/));
}

function writeName(part, i) {
  const id = family.idOf(i);
  const [org, name] = isAscii(id) ? splitId(id) : ["", id]; // parts of other scripts could be reordered
  const shared = isAscii(id) ? sharedLength(i, name) : 0;
  part.fold.textContent = hasChildren(i) ? (opened(i) ? "▾" : "▸") : "";
  part.lead.hidden = !org && !shared;
  part.org.textContent = org;
  part.shared.textContent = name.slice(0, shared);
  part.own.textContent = name.slice(shared);
  part.own.className = "own";
  const others = family.others.get(i);
  const origin = family.parent[i] < 0 && !others ? originOf(i) : null;
  part.parents.textContent = others ? `+${plural(others.length, "parent")}` : origin?.isLikely ? "likely a derivative" : "";
  part.parents.title = origin?.isLikely ? origin.words : "";
}

function writeBelow(part, i) {
  const count = descendants(i);
  part.count.textContent = count ? whole(count) : "";
  part.bar.style.visibility = count ? "" : "hidden";
  const counts = BARS.map(([one]) => countBelow(i, one));
  part.segments.forEach((segment, at) => (segment.style.flexGrow = counts[at]));
  const told = BARS.flatMap(([one], at) => (counts[at] ? [`${whole(counts[at])} ${CLASS_WORDS[one]}`] : []));
  const verdicts = hasScores ? `: ${told.join(", ") || "none scored"}` : "";
  part.below.title = count ? `${whole(count)} of this page made from it${verdicts}` : "";
}

function writeKind(part, i) {
  if (isByDrift()) return;
  const words = valueWords(i);
  part.kind.textContent = part.kind.title = words;
  part.kind.classList.toggle("hollow", kindOf(i).isHollow ?? false);
  part.kind.classList.toggle("nothing", !words);
  part.kind.style.setProperty("--topic", fillOf(kindOf(i)));
}

function writeCells(part, i) {
  shownColumns().forEach((column, at) => {
    const cell = part.cells[at];
    const { text, looks } = cellLooks(i, column);
    cell.className = looks;
    cell.textContent = text;
    cell.setAttribute("aria-label", cellWords(i, column).join(". "));
    cell.style.display = "";
  });
}

function classesOf(row, k, marked) {
  const names = ["row", "grid"];
  if (k === marked.cursor) names.push("cursor");
  if (isFoldRow(row)) return names.join(" ");
  if (row === settings.model) names.push("chosen");
  if (marked.hits.has(row)) names.push("hit");
  if (family.parent[row] < 0) names.push("root");
  if ((isFiltered && !passes(row)) || family.isContext[row]) names.push("dim");
  return names.join(" ");
}

function fillFold(part, parent) {
  const folded = foldedUnder(parent);
  let scored = 0;
  let queued = 0;
  for (const i of folded) {
    if (isScored(i)) scored++;
    if (STATES[state[i]] === "queued") queued++;
  }
  part.fold.textContent = part.parents.textContent = "";
  part.lead.hidden = true;
  part.own.textContent = `⋯ ${whole(folded.length)} more of ${parent < 0 ? "these roots" : "this parent"}`;
  part.own.className = "own unfold";
  const notes = [scored ? `${whole(scored)} scored` : hasScores && "none scored", queued && `${whole(queued)} queued`];
  part.note.textContent = notes.filter(Boolean).join(", ");
  part.note.style.display = "";
  for (const cell of part.cells) cell.style.display = "none";
  part.line.removeAttribute("aria-expanded");
  part.line.setAttribute("aria-level", parent < 0 ? 1 : family.depth[parent] + 2);
}

/** Writes row k of the list into an element. */
export function fillRow(part, row, k, marked) {
  const { line } = part;
  line.style.display = "";
  line.style.top = `${k * settings.rowHeight}px`;
  line.id = `row-${k}`;
  line.dataset.k = k;
  line.className = classesOf(row, k, marked);
  line.setAttribute("aria-rowindex", k + 1);
  line.setAttribute("aria-selected", !isFoldRow(row) && row === settings.model);
  part.kind.style.display = isFoldRow(row) ? "none" : "";
  part.below.style.display = part.downloads.style.display = isFoldRow(row) ? "none" : "";
  if (isFoldRow(row)) {
    fillFold(part, parentOfFold(row));
    return;
  }
  part.note.style.display = "none";
  writeName(part, row);
  writeKind(part, row);
  writeBelow(part, row);
  part.downloads.textContent = short(family.downloads[row]);
  line.setAttribute("aria-level", family.depth[row] + 1);
  if (hasChildren(row)) line.setAttribute("aria-expanded", opened(row));
  else line.removeAttribute("aria-expanded");
  writeCells(part, row);
}

/** A row in words, for the live region. */
export function rowWords(i) {
  const parent = family.parent[i];
  const made = parent < 0 ? `a root, ${originOf(i).words}` : `${family.isInferred[i] ? "inferred " : ""}${relationWord(i)} of ${family.idOf(parent)}`;
  const told = isScored(i) ? CLASS_WORDS[classOf[i]] : STATES[state[i]];
  const cells = isScored(i) ? shownColumns().map((column) => cellSummary(i, column)) : [];
  if (!hasScores && STATES[state[i]] === "unscored") return `${family.idOf(i)}, ${made}`;
  return `${[`${family.idOf(i)}, ${made}, ${told}`, ...cells].join(". ")}${hasScores ? "." : ""}`;
}
