// Coverage: how much of the page was measured, by relation, generation, downloads and instrument.

import { data } from "./payload.js";
import { DOMAINS, family, NO_RELATION, RELATIONS } from "./family.js";
import { COLUMNS, FIRST_SCORED, scoreAtCell, state, STATES } from "./cells.js";
import { DOWNLOAD_STEPS } from "./colouring.js";
import { element, short, whole } from "./format.js";
import { GLYPHS, RELATION_WORDS, ROOT_GLYPH, topicMark } from "./marks.js";
import { modelList, topModels } from "./overview.js";
import { hasEmptyCells, hasUnscored } from "./presence.js";
import { isScored } from "./standing.js";

const SHOWN = STATES.map((_, place) => place).reverse();
const MOST_GENERATIONS = 9;

/** Counts the states of the models in a group, without ancestors that were not requested. */
function tally(belongs) {
  const counts = new Int32Array(STATES.length);
  let downloads = 0;
  let scoredDownloads = 0;
  for (let i = 0; i < family.count; i++) {
    if (family.isContext[i] || !belongs(i)) continue;
    counts[state[i]]++;
    downloads += Math.max(0, family.downloads[i]);
    if (state[i] >= FIRST_SCORED) scoredDownloads += Math.max(0, family.downloads[i]);
  }
  const all = counts.reduce((sum, one) => sum + one, 0);
  const scored = counts.slice(FIRST_SCORED).reduce((sum, one) => sum + one, 0);
  return { counts, all, scored, share: downloads ? scoredDownloads / downloads : 0 };
}

/** The parts of a bar: name, states as lengths, and how many models are scored. `counts` holds names of states. */
function barOf(name, counts, scored, all) {
  const made = element("div", "states");
  made.setAttribute("role", "img");
  const told = counts.flatMap(([state, count]) => (count ? [`${whole(count)} ${state}`] : []));
  made.setAttribute("aria-label", `${name.textContent ?? name}: ${told.join(", ") || "none"}`);
  for (const [state, count] of counts) {
    const part = element("i", `state-${state}`);
    part.style.flexGrow = count;
    part.title = `${state}: ${whole(count)}`;
    made.append(part);
  }
  const label = element("div");
  label.append(name);
  return [label, made, element("div", "sum", `${whole(scored)} of ${whole(all)}`)];
}

/** The bar of a group; none if the group is empty. */
function bar(name, belongs) {
  const { counts, all, scored } = tally(belongs);
  const named = SHOWN.map((one) => [STATES[one], counts[one]]);
  return all ? barOf(name, named, scored, all) : [];
}

/** The generations, with the deepest ones in one bar, so that every model is in one. */
function generationBars() {
  const last = MOST_GENERATIONS - 1;
  return Array.from({ length: Math.min(family.deepest + 1, MOST_GENERATIONS) }, (_, depth) => {
    const isRest = depth === last && family.deepest > last;
    return bar(`generation ${depth}${isRest ? " and deeper" : ""}`, (i) => (isRest ? family.depth[i] >= depth : family.depth[i] === depth));
  });
}

function group(title, bars) {
  const made = element("section", "card");
  const grid = element("div", "coverage");
  for (const parts of bars) grid.append(...parts);
  made.append(element("h2", "", title), grid);
  return made;
}

function headline() {
  const { counts, all, scored, share } = tally(() => true);
  const made = element("section", "card");
  const big = element("p", "big", `${((100 * scored) / Math.max(1, all)).toFixed(1)} % `);
  big.append(element("small", "", `of ${whole(all)} models have a score, ${(100 * share).toFixed(0)} % of the downloads`));
  const rest = SHOWN.slice(1, -1).flatMap((one) => (counts[one] ? [`${whole(counts[one])} ${STATES[one]}`] : []));
  if (counts[0]) rest.push(`${whole(counts[0])} unscored and in no queue`);
  made.append(element("h2", "", "How much is measured?"), big);
  if (rest.length) made.append(element("p", "note", `Of all: ${rest.join(", ")}.`));
  return made;
}

function instrumentBar(column, at) {
  const counts = Object.fromEntries(data.about.states.map((one) => [one, 0]));
  let all = 0;
  for (let i = 0; i < family.count; i++) {
    if (family.isContext[i]) continue;
    all++;
    const score = scoreAtCell(i, at);
    if (score >= 0) counts[data.about.states[data.scores.state[score]]]++;
  }
  const scored = Object.values(counts).reduce((sum, one) => sum + one, 0);
  return barOf(column.label, [...Object.entries(counts), ["unscored", all - scored]], scored, all);
}

/** What the bars' states look like: of those that some model or score is in. */
function key() {
  const made = element("p", "key");
  const present = new Set(Array.from(data.scores.state, (one) => data.about.states[one]));
  for (const one of state) present.add(STATES[one]);
  if (hasEmptyCells) present.add("unscored");
  for (const one of SHOWN.filter((place) => present.has(STATES[place]))) {
    const part = element("span");
    part.append(element("i", `state-${STATES[one]}`), STATES[one]);
    made.append(part);
  }
  return made;
}

function unscored(go) {
  const made = element("section", "card");
  const isWanted = (i) => (isScored(i) || family.isContext[i] || family.downloads[i] < 0 ? null : family.downloads[i]);
  const tag = (i) => [`${short(family.downloads[i])}, ${STATES[state[i]]}`, "plain"];
  made.append(...modelList("Most used without a score", topModels(12, isWanted), tag, go, { level: "h2" }));
  return made;
}

/** Fills the tab. */
export function showCoverage(page, go) {
  page.append(element("h2", "page-title", "Coverage"), key());
  const cards = element("div", "cards");
  const relations = [
    bar(`${ROOT_GLYPH} root`, (i) => family.relation[i] === NO_RELATION),
    ...RELATIONS.map((_, one) => bar(`${GLYPHS[one]} ${RELATION_WORDS[one]}`, (i) => family.relation[i] === one)),
  ];
  const domains = DOMAINS.map((one, bit) => bar(topicMark(one), (i) => (family.domains[i] & (1 << bit)) !== 0));
  cards.append(
    headline(),
    group("By relation", relations),
    group("By generation", generationBars()),
    group(
      "By downloads in 30 days",
      [...DOWNLOAD_STEPS, [-1, "unknown"]].map(([least, name], at) => {
        const above = at ? DOWNLOAD_STEPS[at - 1][0] : Infinity;
        return bar(name, (i) => family.downloads[i] >= least && family.downloads[i] < above);
      }),
    ),
  );
  if (domains.some((parts) => parts.length)) cards.append(group("By domain", domains));
  if (COLUMNS.length) cards.append(group("By instrument", COLUMNS.map(instrumentBar)));
  if (hasUnscored) cards.append(unscored(go));
  page.append(cards);
}
