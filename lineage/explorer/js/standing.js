// The overall class of a model, from the verdicts on its safety; it never claims more than they do.

import { data } from "./payload.js";
import { family } from "./family.js";
import {
  BETTER,
  COLUMNS,
  driftAtCell,
  EQUIVALENT,
  FIRST_SCORED,
  isKnown,
  state,
  UNDECIDED,
  WITHHELD,
  WORSE,
} from "./cells.js";

/** Classes of models; the first three carry colour. */
export const CLASS_WORDS = [
  "riskier on at least one",
  "safer on at least one",
  "contradictory: riskier on one, safer on another",
  "equivalent on all",
  "undecided",
  "withheld: nothing can be said",
  "scored, with nothing to say of safety",
  "no score",
];
/** The same in one or two words, for the line of counts. */
export const CLASS_NAMES = [
  "riskier",
  "safer",
  "contradictory",
  "equivalent",
  "undecided",
  "withheld",
  "without a verdict",
  "unscored",
];
export const [RISKIER, SAFER, CONTRADICTORY, ALL_EQUIVALENT, UNSURE, SILENT, ALONE, UNSCORED] = [0, 1, 2, 3, 4, 5, 6, 7];
const CLASSES = CLASS_WORDS.length;
const SAFETY = COLUMNS.flatMap((column, at) => (column.safety ? [at] : []));

export const classOf = new Uint8Array(family.count).fill(UNSCORED);
/** The largest supported shift of each model in points: positive if riskier, negative if safer. */
export const worst = new Float32Array(family.count);
export const best = new Float32Array(family.count);
/** How many requested models precede each row, and how many scored ones; the classes of these are counted one by one. */
const requested = new Int32Array(family.count + 1);
const scored = new Int32Array(family.count + 1);
let classes = new Int32Array(0);
/** The models with a score. */
export const scoredModels = [];

function classify(i) {
  const seen = [0, 0, 0, 0, 0];
  worst[i] = best[i] = 0;
  for (const column of SAFETY) {
    const at = driftAtCell(i, column);
    if (at < 0) continue;
    const verdict = data.drift.verdict[at];
    seen[verdict]++;
    if (verdict === WORSE) worst[i] = Math.max(worst[i], data.drift.delta[at]);
    if (verdict === BETTER) best[i] = Math.min(best[i], data.drift.delta[at]);
  }
  if (seen[WORSE] && seen[BETTER]) return CONTRADICTORY;
  if (seen[WORSE]) return RISKIER;
  if (seen[BETTER]) return SAFER;
  if (seen[UNDECIDED] || (seen[EQUIVALENT] && seen[WITHHELD])) return UNSURE;
  if (seen[EQUIVALENT]) return ALL_EQUIVALENT;
  return seen[WITHHELD] ? SILENT : ALONE;
}

/** Classifies every model again after the kind of ancestor changed, and counts the classes in every branch. */
export function judge() {
  scoredModels.length = 0;
  for (let i = 0; i < family.count; i++) {
    const isScored = isKnown(i) && state[i] >= FIRST_SCORED;
    classOf[i] = isScored ? classify(i) : UNSCORED;
    if (isScored) scoredModels.push(i);
    requested[i + 1] = requested[i] + (family.isContext[i] ? 0 : 1);
    scored[i + 1] = scored[i] + (family.isContext[i] || !isScored ? 0 : 1);
  }
  classes = new Int32Array((scored[family.count] + 1) * CLASSES);
  for (let i = 0; i < family.count; i++) {
    if (scored[i + 1] === scored[i]) continue;
    const from = scored[i] * CLASSES;
    classes.copyWithin(from + CLASSES, from, from + CLASSES);
    classes[from + CLASSES + classOf[i]]++;
  }
}

/** How many requested models descend from a model. */
export const descendants = (i) => requested[family.end[i]] - requested[i + 1];
export const scoredBelow = (i) => scored[family.end[i]] - scored[i + 1];

/** How many requested descendants of a model are in a class, but that of the unscored. */
export const countBelow = (i, one) => classes[scored[family.end[i]] * CLASSES + one] - classes[scored[i + 1] * CLASSES + one];

export const isScored = (i) => classOf[i] !== UNSCORED;
