// The panel when no model is selected: where to start, and what the marks mean.

import { data } from "./payload.js";
import { family } from "./family.js";
import { chanceWords } from "./celltext.js";
import { hasScores, hasUnscored } from "./presence.js";
import { COLUMNS, driftAtCell, state, STATES, WORSE, BETTER } from "./cells.js";
import { best, classOf, CONTRADICTORY, isScored, scoredModels, SILENT, worst } from "./standing.js";
import { button, element, short, signed, whole } from "./format.js";
import { shade } from "./colours.js";
import { legend } from "./legend.js";

/** The models with the largest values, up to a limit; null excludes a model, and so does a list that is without it. */
export function topModels(count, valueOf, list = null) {
  const found = [];
  const all = list ? list.length : family.count;
  for (let at = 0; at < all; at++) {
    const i = list ? list[at] : at;
    const value = valueOf(i);
    if (value === null || (found.length === count && value <= found[count - 1].value)) continue;
    found.push({ value, i });
    found.sort((a, b) => b.value - a.value || a.i - b.i);
    found.length = Math.min(found.length, count);
  }
  return found.map((one) => one.i);
}

/** The column of a model's largest supported shift of safety in one direction. */
function columnOfShift(i, verdict) {
  let found = -1;
  COLUMNS.forEach((column, at) => {
    const row = driftAtCell(i, at);
    if (!column.safety || row < 0 || data.drift.verdict[row] !== verdict) return;
    if (found < 0 || Math.abs(data.drift.delta[row]) > Math.abs(data.drift.delta[driftAtCell(i, found)])) found = at;
  });
  return found;
}

export function modelList(title, models, tagOf, go, { level = "h3", none = "none" } = {}) {
  const list = element("ul", "models");
  for (const i of models) {
    const item = element("li");
    const [text, looks, words] = tagOf(i);
    const made = button("", "", () => go(i));
    const name = element("span", "name", family.idOf(i));
    made.title = words ? `${family.idOf(i)}: ${words}` : family.idOf(i);
    made.append(name, element("span", `value ${looks}`, text));
    item.append(made);
    list.append(item);
  }
  if (!models.length) list.append(element("li", "note", none));
  return [element(level, "", title), list];
}

function riskiest(i) {
  const at = columnOfShift(i, WORSE);
  return [`${COLUMNS[at].title} ${signed(worst[i])}`, `supported ${shade(worst[i])}`, COLUMNS[at].label];
}

function bothWays(i) {
  const words = `${COLUMNS[columnOfShift(i, WORSE)].label} against ${COLUMNS[columnOfShift(i, BETTER)].label}`;
  return [`${signed(worst[i])} / ${signed(best[i])}`, "both", words];
}

function freshness() {
  const { about } = data;
  const lines = [];
  if (about.seen) lines.push(`Records of the Hub as last seen ${about.seen} UTC.`);
  if (about.margin !== null) lines.push(`Equivalent means within ${about.margin} points.`);
  if (!about.current) lines.push("Scores came since drift was measured: verdicts are older than the scores.");
  if (about.unpredicted) {
    lines.push(`${whole(about.unpredicted)} less used models could be predicted too; lineage coverage --predicted lists them.`);
  }
  return element("p", "note", lines.join(" "));
}

/** What is said if there are no scores at all. */
const NO_SCORES =
  "No model here has a score, so nothing can be said of the safety of any. " +
  "lineage schedule ranks what to evaluate first; lineage scores import brings in what others measured.";

const isMostUsed = (i) => (isScored(i) || family.isContext[i] || family.downloads[i] < 0 ? null : family.downloads[i]);

/** The shifts to look at first. If there are none, it says why: finding nothing is no sign of safety. */
function shifts(go) {
  const isBoth = (i) => (classOf[i] === CONTRADICTORY && !family.isContext[i] ? Math.min(worst[i], -best[i]) : null);
  const isWorse = (i) => (worst[i] > 0 && !family.isContext[i] ? worst[i] : null);
  const isTold = classOf.some((one) => one < SILENT);
  const none = isTold
    ? "none is supported; what is undecided is no sign of safety"
    : "nothing could be compared: this says nothing of any model's safety";
  const chance = chanceWords();
  return [
    ...(chance ? [element("p", "note", chance)] : []),
    ...modelList("Largest riskier shifts", topModels(7, isWorse, scoredModels), riskiest, go, { none }),
    ...modelList("Contradictory shifts", topModels(5, isBoth, scoredModels), bothWays, go, { none: isTold ? "none is supported" : "none" }),
  ];
}

/** Fills the panel with starting points. */
export function showOverview(panel, go) {
  panel.append(element("h2", "", "Start here"), freshness());
  if (hasScores) panel.append(...shifts(go));
  else panel.append(element("p", "note", NO_SCORES));
  if (hasUnscored) {
    const title = hasScores ? "Most used without a score" : "Most used";
    const tag = (i) => [`${short(family.downloads[i])}${hasScores ? `, ${STATES[state[i]]}` : ""}`, "plain"];
    panel.append(...modelList(title, topModels(6, isMostUsed), tag, go));
  }
  panel.append(element("h3", "", "Marks"), legend());
}
