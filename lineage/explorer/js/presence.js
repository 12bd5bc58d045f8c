// What the page has anything to show of: views, controls and entries of the legend without it are left out.

import { data } from "./payload.js";
import { DOMAINS, family, RELATIONS } from "./family.js";
import { COLUMNS, FIRST_SCORED, scoreAtCell, state } from "./cells.js";
import { byId } from "./format.js";

const someModel = (test) => family.isContext.some((isContext, i) => !isContext && test(i));
const hasConstruct = (construct) => COLUMNS.some((column) => column.construct === construct);

export const hasScores = COLUMNS.length > 0;
export const hasEmptyCells = hasScores && someModel((i) => COLUMNS.some((_, column) => scoreAtCell(i, column) < 0));
export const hasUnscored = someModel((i) => state[i] < FIRST_SCORED);
const hasDrift = hasScores && data.drift.model.length > 0;
const hasDownloads = family.downloads.some((count) => count >= 0);

/** The relations that some model has, as indices. */
export const presentRelations = RELATIONS.map((_, at) => at).filter((at) => family.relation.includes(at));

/** The domains that some models have and others have not, as indices. */
export const dividingDomains = DOMAINS.map((_, bit) => bit).filter((bit) => {
  const has = (i) => (family.domains[i] & (1 << bit)) !== 0;
  return someModel(has) && someModel((i) => !has(i));
});

const HAS_COLOUR = {
  drift: hasScores,
  domain: family.domains.some((one) => one !== 0),
  licence: data.models.licence.some((one) => one !== 0),
  relation: presentRelations.length > 0,
  author: family.count > 1,
  changed: family.changed.some((one) => one >= 0),
  downloads: hasDownloads,
};

/** What marks can be coloured by, the default first; without models it is drift. */
export const COLOURINGS = [...Object.keys(HAS_COLOUR).filter((name) => HAS_COLOUR[name]), "drift"].filter(
  (name, at, all) => all.indexOf(name) === at && (hasScores || name !== "drift" || all.length === 1),
);

/** What says how a model takes harmful requests: harmful replies, or else refusals. */
export const harmConstruct = hasConstruct("unsafe_output") ? "unsafe_output" : "refusal";

const HAS_VIEW = {
  tree: true,
  timeline: family.count > 1 && family.created.some((days) => days >= 0),
  distributions: hasDrift,
  tradeoff: hasDrift && hasConstruct(harmConstruct) && hasConstruct("over_refusal"),
  pairs: hasDrift,
  coverage: hasScores || data.jobs.model.length > 0,
};

/** The views that have something to show; the tree always is one. */
export const VIEWS = Object.keys(HAS_VIEW).filter((view) => HAS_VIEW[view]);

const ORDER_NEEDS = { riskier: hasDrift, downloads: hasDownloads };
/** The orders of siblings that the page offers. */
export const ORDERS = ["scored", "riskier", "downloads", "created", "name"].filter((order) => ORDER_NEEDS[order] ?? true);

/** Removes the tabs and controls that have nothing to show or no choice. */
export function removeEmpty() {
  for (const one of document.querySelectorAll("#tabs button")) if (!VIEWS.includes(one.dataset.tab)) one.remove();
  byId("tabs").hidden = VIEWS.length < 2;
  for (const one of byId("order").querySelectorAll("option")) if (!ORDERS.includes(one.value)) one.remove();
  if (!hasScores) byId("order").options[0].textContent = "size";
  const isOffered = {
    against: hasDrift,
    "cell-kind": hasDrift,
    generations: family.deepest > 0,
    columns: hasScores,
    colour: COLOURINGS.length > 1,
    relations: presentRelations.length > 1,
    "only-scored": hasScores && hasUnscored,
    "show-predicted": data.predicted.model.length > 0,
  };
  for (const [id, isShown] of Object.entries(isOffered)) {
    const control = byId(id);
    (control.closest("label") ?? control).classList.toggle("absent", !isShown);
  }
  document.documentElement.dataset.scores = hasScores ? "some" : "none";
}
