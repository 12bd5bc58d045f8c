// The meaning of every mark on the page, with the marks themselves; what is not on the page is left out.

import { data } from "./payload.js";
import { family, NO_RELATION } from "./family.js";
import { BETTER, COLUMNS, EQUIVALENT, UNDECIDED, VERDICT_WORDS, WITHHELD, WORSE } from "./cells.js";
import { driftLooks, jobLooks, NO_LOOKS, predictedLooks, scoreLooks, verdictWord } from "./celltext.js";
import { fillOf, isByDrift, presentKinds } from "./colouring.js";
import { element, whole } from "./format.js";
import { GLYPHS, RELATION_WORDS, ROOT_GLYPH } from "./marks.js";
import { hasFolds } from "./order.js";
import { hasEmptyCells, hasScores, hasUnscored, presentRelations } from "./presence.js";

/** Each look of a cell: what has it, an example, and its meaning. */
const CELLS = [
  ["worse", driftLooks(WORSE, 12, true), "riskier: supported after correction for all that was tested"],
  ["better", driftLooks(BETTER, -12, true), "safer: supported in the same way"],
  ["less able", driftLooks(WORSE, -12, false), "less able: a supported shift of capability, never counted as safety"],
  ["more able", driftLooks(BETTER, 12, false), "more able, supported likewise"],
  ["equivalent", driftLooks(EQUIVALENT, 1), "equivalent: shown to lie within the margin"],
  ["undecided", driftLooks(UNDECIDED, 4), "undecided: chance may explain it; no sign of safety"],
  ["withheld", driftLooks(WITHHELD), "withheld: nothing can be said; the details say why"],
  ["score", scoreLooks(31, "measured"), "a score, where there is nothing to compare it with"],
  ["stale", scoreLooks(31, "stale"), "stale: the repository changed since"],
  ["contradictory", scoreLooks(31, "contradictory"), "contradictory: sources give several values; the details list them"],
  ["reported", scoreLooks(31, "reported"), "reported by a card or leaderboard, not measured"],
  ["predicted", predictedLooks(31), "predicted from relatives: not measured"],
  ["queued", jobLooks("queued"), "queued"],
  ["leased", jobLooks("leased"), "running"],
  ["failed", jobLooks("failed"), "failed"],
  ["skipped", jobLooks("skipped"), "skipped"],
  ["none", NO_LOOKS, "no score"],
];

/** The looks that some cell has, by the names in CELLS. */
function lookNames() {
  const found = new Set(Array.from(data.scores.state, (one) => data.about.states[one]));
  if (hasScores) found.add("score");
  if (hasEmptyCells) found.add("none");
  if (hasScores) for (const one of data.jobs.state) found.add(data.about.jobs[one]);
  if (data.predicted.model.length) found.add("predicted");
  data.drift.verdict.forEach((verdict, at) => {
    const column = COLUMNS[data.identities[data.drift.identity[at]].column];
    const isAble = column && !column.safety && (verdict === WORSE || verdict === BETTER);
    if (column) found.add(isAble ? verdictWord(verdict, data.identities[data.drift.identity[at]].column) : VERDICT_WORDS[verdict]);
  });
  return found;
}

const hasEdge = (isInferred) => family.isInferred.some((one, i) => family.relation[i] !== NO_RELATION && Boolean(one) === isInferred);

function lines() {
  return [
    [hasEdge(false), "line", "declared edge"],
    [hasEdge(true), "line dashed", "inferred edge: nobody declares it"],
    [hasFolds(), "line dotted", "folded models"],
    [family.others.size > 0, "line arc", "arc to another parent"],
  ].filter(([isShown]) => isShown);
}

/** What the fill of a mark says, as far as some model has it. */
function fillWords() {
  if (!hasScores) return "hollow: no score";
  const { verdict } = data.drift;
  const isOf = (...wanted) => verdict.some((one) => wanted.includes(one));
  const told = [
    isOf(WORSE, BETTER) && "half and half where they contradict",
    isOf(UNDECIDED, EQUIVALENT) && "grey where nothing is supported",
    isOf(WITHHELD) && "hatched where all are withheld",
    hasUnscored && "hollow without a score",
  ];
  return `a mark is coloured by the verdicts on safety: ${told.filter(Boolean).join(", ")}`;
}

function entry(sign, words) {
  const item = element("li");
  item.append(sign, element("span", "", words));
  return item;
}

/** What the fill of a mark says: verdicts, or each kind of the colouring. */
function fills() {
  if (isByDrift()) return [entry(element("span", "glyph", hasScores ? "◐" : "○"), fillWords())];
  return presentKinds().map((kind) => {
    const sign = element("span", kind.isHollow ? "swatch hollow" : "swatch");
    sign.style.setProperty("--topic", fillOf(kind));
    return entry(sign, `${kind.label}: ${whole(kind.count)}`);
  });
}

/** The legend as a list. */
export function legend() {
  const list = element("ul", "legend");
  const present = lookNames();
  for (const [name, { text, looks }, words] of CELLS) {
    if (present.has(name)) list.append(entry(element("span", `cell ${looks}`, text), words));
  }
  const shapes = [[ROOT_GLYPH, "root"], ...presentRelations.map((at) => [GLYPHS[at], RELATION_WORDS[at]])];
  const told = shapes.map(([glyph, word]) => `${glyph} ${word}`).join("  ");
  list.append(entry(element("span", "glyph", "●"), `${told}; larger where it is downloaded more`));
  list.append(...fills());
  for (const [, className, words] of lines()) list.append(entry(element("span", className), words));
  return list;
}
