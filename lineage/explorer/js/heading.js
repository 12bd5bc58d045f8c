// The heading of the page: the family, the selector, and the number of models of each kind.

import { data } from "./payload.js";
import { family } from "./family.js";
import { CLASS_NAMES, CLASS_WORDS, classOf, CONTRADICTORY, RISKIER, SAFER, UNSCORED } from "./standing.js";
import { spanName } from "./births.js";
import { byId, element, plural, splitId, whole } from "./format.js";
import { colouringTitle, isByDrift } from "./colouring.js";
import { hasScores } from "./presence.js";
import { rows } from "./order.js";
import { settings } from "./settings.js";
import { AGAINST_WORDS } from "./details.js";
import { originOf } from "./origin.js";
import { rowsInSight } from "./treeview.js";

/** Kinds that are shown even if their count is zero. */
const ALWAYS = [RISKIER, CONTRADICTORY, SAFER];

const nameOnly = (i) => splitId(family.idOf(i))[1];

/** The title and what follows it: never more than what was selected. */
function titleParts() {
  const { selector } = data.about;
  const asked = selector ? ` · ${selector}` : "";
  if (!family.count) return ["no models", asked];
  if (family.selected === 1) return [nameOnly(family.isContext.indexOf(0)), family.count > 1 ? " and what it was made from" : ""];
  if (family.roots > 1) return [`${whole(family.roots)} families`, asked];
  const isWhole = !selector || selector.toLowerCase() === `${family.idOf(0).toLowerCase()}+`;
  if (!family.isContext[0]) return [nameOnly(0), isWhole ? " and what was made from it" : asked];
  return [plural(family.selected, "model"), ` of the family of ${nameOnly(0)}${asked}`];
}

/** Writes the title; its tooltip has the full text. */
export function writeTitle() {
  const title = byId("title");
  const [name, rest] = titleParts();
  title.replaceChildren(element("bdi", "", name), element("small", "", rest));
  title.title = data.about.selector ? `selected by ${data.about.selector}` : name;
  writeOrigin();
}

/** Writes what the only root was probably made from, if it declares no parent: the page is not of the true base then. */
function writeOrigin() {
  const line = byId("origin");
  const origin = family.roots === 1 ? originOf(0) : { isLikely: false };
  line.hidden = !origin.isLikely;
  line.textContent = origin.isLikely ? `${family.idOf(0)}: ${origin.words}` : "";
}

/** Writes the number of models of each kind; the kinds add up to the scored models. */
export function writeSummary() {
  const counts = new Int32Array(CLASS_NAMES.length);
  for (let i = 0; i < family.count; i++) if (!family.isContext[i]) counts[classOf[i]]++;
  const scored = family.selected - counts[UNSCORED];
  const line = byId("summary");
  const count = (number, word, hint) => {
    const part = element("span", "", ` ${word}`);
    part.prepend(element("b", "", whole(number)));
    if (hint) part.title = hint;
    return part;
  };
  const parts = [count(family.selected, family.selected === 1 ? "model" : "models"), count(scored, "scored")];
  const others = CLASS_NAMES.map((_, kind) => kind).filter((kind) => !ALWAYS.includes(kind) && kind !== UNSCORED && counts[kind]);
  for (const kind of scored ? [...ALWAYS, ...others] : []) parts.push(count(counts[kind], CLASS_NAMES[kind], CLASS_WORDS[kind]));
  line.replaceChildren(...parts.flatMap((part, at) => (at ? [" · ", part] : [part])));
}

/** Writes which months of creation are shown, if not all. */
export function writeBirths() {
  byId("born").hidden = settings.born === null;
  byId("born-told").textContent = settings.born ? `created ${spanName(settings.born)} only` : "";
}

/** Writes the settings, and how much of the list is included, for print, which has no controls. */
export function writePaperLine() {
  const { selector, seen, version } = data.about;
  const shown = Math.min(rows.length, rowsInSight() + 1);
  const words = [
    selector && `Selected by ${selector}.`,
    seen && `Records as last seen ${seen} UTC.`,
    hasScores && `Drift against ${AGAINST_WORDS[settings.against]}.`,
    settings.born && `Only models created ${spanName(settings.born)}.`,
    settings.tab === "tree" && !isByDrift() && `Marks are coloured by ${colouringTitle(settings.colour)}.`,
    settings.tab === "tree" && `Here are ${whole(shown)} of ${plural(rows.length, "row")} of the list.`,
    `lineage ${version}`,
  ];
  byId("paper-line").textContent = words.filter(Boolean).join(" ");
}
