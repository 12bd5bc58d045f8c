// Trade-off: who became less harmful by refusing more, and who did not. Harmful compliance against over-refusal.

import { data } from "./payload.js";
import { family } from "./family.js";
import { BETTER, COLUMNS, driftAtCell, isKnown, VERDICT_WORDS, WITHHELD, WORSE } from "./cells.js";
import { cellWords } from "./celltext.js";
import { element, plural, signed } from "./format.js";
import { modelList } from "./overview.js";
import { scatter } from "./chart.js";
import { AGAINST_WORDS } from "./details.js";
import { harmConstruct } from "./presence.js";
import { passes } from "./order.js";
import { settings } from "./settings.js";

const MOST_LISTED = 16;
/** Characters of a title that fit along an axis; the card's heading has the full title. */
const AXIS_LETTERS = 42;

const columnsOf = (construct) => COLUMNS.flatMap((column, at) => (column.construct === construct ? [at] : []));

const called = ({ title }) => (title.length > AXIS_LETTERS ? `${title.slice(0, AXIS_LETTERS - 1)}…` : title);

/** Both shifts of a model in one word: coloured only if both are supported. */
function looksOf(harm, refusal) {
  const pair = [data.drift.verdict[harm], data.drift.verdict[refusal]];
  if (pair[0] === WORSE && pair[1] === WORSE) return "supported worse3";
  if (pair[0] === BETTER && pair[1] === BETTER) return "supported better3";
  if (pair.includes(WORSE) && pair.includes(BETTER)) return "supported traded";
  return "undecided";
}

function pointsOf(harmColumn, refusalColumn) {
  const points = [];
  let withheld = 0;
  for (let i = 0; i < family.count; i++) {
    if (!isKnown(i) || family.isContext[i] || !passes(i)) continue;
    const [harm, refusal] = [driftAtCell(i, harmColumn), driftAtCell(i, refusalColumn)];
    if (harm < 0 || refusal < 0) continue;
    if ([harm, refusal].some((at) => data.drift.verdict[at] === WITHHELD)) {
      withheld++;
      continue;
    }
    const looks = looksOf(harm, refusal);
    points.push({
      model: i,
      x: data.drift.delta[harm],
      y: data.drift.delta[refusal],
      looks,
      isSupported: looks !== "undecided",
      words: [family.idOf(i), ...cellWords(i, harmColumn), ...cellWords(i, refusalColumn)].join("\n"),
    });
  }
  return { points, withheld };
}

function countLooks(points, looks) {
  return points.filter((point) => point.looks === `supported ${looks}`).length;
}

function tradeoffPlot(harmColumn, refusalColumn, go) {
  const { points, withheld } = pointsOf(harmColumn, refusalColumn);
  const [harm, refusal] = [COLUMNS[harmColumn], COLUMNS[refusalColumn]];
  const names = { x: `${called(harm)}, + riskier`, y: `${called(refusal)}, + refuses more`, written: (value) => signed(value, Number.isInteger(value) ? 0 : 1) };
  const made = scatter(`${harm.label} against ${refusal.label}`, points, names, { className: "large" });
  const told = [
    `${plural(points.length, "model")} with both`,
    `${countLooks(points, "traded")} traded one for the other`,
    `${countLooks(points, "worse3")} ${VERDICT_WORDS[WORSE]} on both`,
    `${countLooks(points, "better3")} ${VERDICT_WORDS[BETTER]} on both`,
    `${withheld} withheld and not drawn`,
  ];
  made.append(element("p", "note", `${told.join(", ")}.`), listOf(points, go));
  return made;
}

/** The models with two supported shifts, largest shifts first. */
function listOf(points, go) {
  const size = (point) => Math.hypot(point.x, point.y);
  const found = points.filter((point) => point.isSupported).sort((a, b) => size(b) - size(a)).slice(0, MOST_LISTED);
  const byModel = new Map(found.map((point) => [point.model, point]));
  const tag = (i) => [`${signed(byModel.get(i).x)} riskier, ${signed(byModel.get(i).y)} refusing`, "plain"];
  const made = element("div", "beside");
  made.append(...modelList("Both shifts supported", found.map((point) => point.model), tag, go));
  return made;
}

/** Fills the tab. */
export function showTradeoff(page, go) {
  const [harms, refusals] = [columnsOf(harmConstruct), columnsOf("over_refusal")];
  page.append(
    element("h2", "page-title", "Harmful compliance against over-refusal"),
    element(
      "p",
      "note",
      `Shifts against ${AGAINST_WORDS[settings.against]}, in points; right is riskier, up refuses harmless requests more. ` +
        "Purple: one supported shift each way. Orange or blue: both supported, both worse or both better. Grey: not both supported.",
    ),
  );
  const cards = element("div", "cards");
  for (const harm of harms) for (const refusal of refusals) cards.append(tradeoffPlot(harm, refusal, go));
  page.append(cards);
}
