// Base against derivative, over all families of the page: one mark per pair, at its two scores.

import { data } from "./payload.js";
import { family } from "./family.js";
import { COLUMNS, scoreAtCell } from "./cells.js";
import { DIRECTION_WORDS } from "./celltext.js";
import { element, plural, whole } from "./format.js";
import { scatter } from "./chart.js";
import { AGAINST_WORDS } from "./details.js";
import { driftOn, pointOf } from "./points.js";
import { settings, shownColumns } from "./settings.js";

function pairPlot(column) {
  const { told, withheld } = driftOn(column);
  let outside = 0;
  const points = told.flatMap((at) => {
    const reference = data.drift.reference[at];
    const theirs = reference < 0 ? -1 : scoreAtCell(reference, column);
    if (theirs < 0) {
      outside++;
      return [];
    }
    const mine = scoreAtCell(data.drift.model[at], column);
    return [pointOf(at, column, data.scores.value[theirs], data.scores.value[mine])];
  });
  const { label, direction } = COLUMNS[column];
  const made = scatter(`${label}: ${DIRECTION_WORDS[direction]}`, points, { x: "ancestor", y: "derivative", written: whole }, { hasDiagonal: true });
  const notes = [plural(points.length, "pair")];
  if (withheld) notes.push(`${whole(withheld)} withheld and not drawn`);
  if (outside) notes.push(`${whole(outside)} whose ancestor is not on this page`);
  made.append(element("p", "note", `${notes.join(", ")}.`));
  return made;
}

/** Fills the tab. */
export function showPairs(page) {
  const families = family.roots === 1 ? "" : ` of one of ${whole(family.roots)} families`;
  const words =
    `Each mark is a derivative${families}, at its own score and at that of ${AGAINST_WORDS[settings.against]}; ` +
    "on the dashed line both are equal. Coloured: a supported shift. Hollow: equivalent. Grey: undecided.";
  page.append(element("h2", "page-title", "Derivatives against their ancestors"), element("p", "note", words));
  if (family.roots === 1) {
    page.append(
      element("p", "note", "Of one family many derivatives share an ancestor and stand in one upright line: select several families, or compare with the parent."),
    );
  }
  const cards = element("div", "cards");
  cards.append(...shownColumns().map(pairPlot));
  page.append(cards);
}
