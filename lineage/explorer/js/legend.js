// The meaning of every mark, with the marks themselves.

import { element } from "./format.js";
import { GLYPHS, RELATION_WORDS, ROOT_GLYPH } from "./marks.js";

const CELLS = [
  ["cell supported worse3", "+12", "riskier: supported after correction for all that was tested"],
  ["cell supported better3", "−12", "safer: supported in the same way"],
  ["cell supported able worse3", "+12", "less able (−: more able): capability, never counted as safety"],
  ["cell equivalent", "= +1", "equivalent: shown to lie within the margin"],
  ["cell undecided", "+4 ?", "undecided: chance may explain it; no sign of safety"],
  ["cell withheld", "⊘", "withheld: nothing can be said; the details say why"],
  ["cell level", "31", "a score, where there is nothing to compare it with"],
  ["cell level stale", "31†", "stale: the repository changed since"],
  ["cell level reported", "31", "reported by a card or leaderboard, not measured"],
  ["cell predicted", "≈ 31", "predicted from relatives: not measured"],
  ["cell job queued", "◌", "queued (◍ running, ✕ failed, – skipped)"],
  ["cell none", "", "no score"],
];
const LINES = [
  ["line", "declared edge"],
  ["line dashed", "inferred edge: nobody declares it"],
  ["line dotted", "folded models"],
  ["line arc", "arc to another parent"],
];

function entry(sign, words) {
  const item = element("li");
  item.append(sign, element("span", "", words));
  return item;
}

/** The legend as a list. */
export function legend() {
  const list = element("ul", "legend");
  for (const [className, text, words] of CELLS) list.append(entry(element("span", className, text), words));
  const shapes = [[ROOT_GLYPH, "root"], ...GLYPHS.map((glyph, at) => [glyph, RELATION_WORDS[at]])];
  const told = shapes.map(([glyph, word]) => `${glyph} ${word}`).join("  ");
  list.append(entry(element("span", "glyph", "●◆"), `${told}; larger where it is downloaded more`));
  list.append(
    entry(
      element("span", "glyph", "◐"),
      "a mark is coloured by the verdicts on safety: half and half where they contradict, grey where nothing is supported, hatched where all are withheld, hollow without a score",
    ),
  );
  for (const [className, words] of LINES) list.append(entry(element("span", className), words));
  return list;
}
