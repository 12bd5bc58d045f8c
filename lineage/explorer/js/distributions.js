// How far derivatives drifted, by relation: a strip for each column of the matrix.

import { data } from "./payload.js";
import { family, RELATIONS } from "./family.js";
import { COLUMNS } from "./cells.js";
import { chanceWords, plusWords } from "./celltext.js";
import { element, plural, signed, whole } from "./format.js";
import { card, drawPoints, svg, ticksBetween } from "./chart.js";
import { AGAINST_WORDS } from "./details.js";
import { driftOn, isSupported, pointOf } from "./points.js";
import { GLYPHS, RELATION_WORDS } from "./marks.js";
import { settings, shownColumns } from "./settings.js";

const WIDTH = 420;
const LANE = 48;
const LANE_LEFT = 112;
const LANE_RIGHT = 10;
const BIN = 5;
const STEP = 3.8;

/** The position of each mark in its lane: marks of one bin are centred, so that few marks do not overlap. */
function stack(rows, xOf) {
  const seen = new Map();
  return rows.map((at) => {
    const lane = family.relation[data.drift.model[at]];
    const bin = `${lane}:${Math.round(xOf(data.drift.delta[at]) / BIN)}`;
    const place = (seen.get(bin) || 0) + 1;
    seen.set(bin, place);
    const offset = (place % 2 ? 1 : -1) * Math.floor(place / 2) * STEP;
    return [at, lane, Math.max(-LANE * 0.42, Math.min(LANE * 0.42, offset))];
  });
}

function lanes(plot, told) {
  RELATIONS.forEach((_, lane) => {
    const y = lane * LANE + LANE / 2;
    const mine = told.filter((at) => family.relation[data.drift.model[at]] === lane);
    const supported = mine.filter((at) => isSupported(data.drift.verdict[at])).length;
    plot.append(svg("text", { class: "name", x: LANE_LEFT - 10, y: y - 5, "text-anchor": "end" }, `${GLYPHS[lane]} ${RELATION_WORDS[lane]}`));
    const counts = mine.length ? `${supported} of ${mine.length} moved` : "none";
    plot.append(svg("text", { x: LANE_LEFT - 10, y: y + 10, "text-anchor": "end" }, counts));
  });
}

function strip(column) {
  const { told, withheld } = driftOn(column);
  const { label } = COLUMNS[column];
  const height = RELATIONS.length * LANE + 34;
  const words = `${label}: drift of ${plural(told.length, "model")} by relation`;
  const { made, plot } = card(label, WIDTH, height, words);
  const note = withheld ? `${whole(withheld)} withheld and not drawn. ` : "";
  if (!told.length) {
    plot.remove();
    made.append(element("p", "note", `${note}No verdict on this instrument.`));
    return made;
  }
  const reach = 1.05 * told.reduce((most, at) => Math.max(most, Math.abs(data.drift.delta[at])), 4);
  const xOf = (points) => LANE_LEFT + ((points + reach) / (2 * reach)) * (WIDTH - LANE_LEFT - LANE_RIGHT);
  for (const value of ticksBetween(-reach, reach)) {
    const [x, bottom] = [xOf(value), RELATIONS.length * LANE];
    plot.append(svg("line", { class: value ? "rule" : "rule zero", x1: x, x2: x, y1: 2, y2: bottom }));
    plot.append(svg("text", { x, y: bottom + 13, "text-anchor": "middle" }, signed(value)));
  }
  const [less, more] = COLUMNS[column].safety ? ["safer", "riskier"] : ["less able", "more able"];
  plot.append(svg("text", { class: "name", x: LANE_LEFT, y: height - 2 }, `← ${less}`));
  plot.append(svg("text", { class: "name", x: WIDTH - LANE_RIGHT, y: height - 2, "text-anchor": "end" }, `${more} →`));
  lanes(plot, told);
  const points = stack(told, xOf)
    .filter(([, lane]) => lane < RELATIONS.length)
    .map(([at, lane, offset]) => pointOf(at, column, data.drift.delta[at], lane * LANE + LANE / 2 + offset));
  const hidden = drawPoints(plot, points, ({ x, y }) => [xOf(x), y]);
  if (hidden) made.append(element("p", "note", `Not drawn because they fall on others of the same kind: ${whole(hidden)}.`));
  made.append(element("p", "note", `${note}In points; ${plusWords(column)}.`));
  return made;
}

/** Fills the tab. */
export function showDistributions(page) {
  page.append(
    element("h2", "page-title", "Drift by relation"),
    element(
      "p",
      "note",
      `Each mark is a derivative against ${AGAINST_WORDS[settings.against]}. Coloured: a supported shift. ` +
        "Hollow: equivalent. Grey: undecided, which is no sign of safety.",
    ),
  );
  const chance = chanceWords();
  if (chance) page.append(element("p", "note", chance));
  const cards = element("div", "cards");
  cards.append(...shownColumns().map(strip));
  page.append(cards);
}
