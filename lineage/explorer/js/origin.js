// Where a model without a parent comes from, in the words of the database: what it was probably made from although it
// declares no parent, or that nothing is known, and what would settle it.

import { data } from "./payload.js";

const { model, words, remedy, likely, texts } = data.origins;
const placeOf = new Map(Array.from(model, (row, at) => [row, at]));

/** What is known of a root, as words, remedy and whether it is probably a derivative. */
export function originOf(i) {
  const at = placeOf.get(i);
  if (at === undefined) return { ...data.about.unknown, isLikely: false };
  return { words: texts[words[at]], remedy: texts[remedy[at]], isLikely: likely[at] };
}
