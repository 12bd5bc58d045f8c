// The panel of one model: what it is, why it has its place in the tree, every verdict with its sentence, every score.

import { data } from "./payload.js";
import { domainsOf, family } from "./family.js";
import { hasScores } from "./presence.js";
import { COLUMNS, driftOf, jobsOf, scoresOf, state, STATES, UNDECIDED, VERDICT_WORDS, WITHHELD } from "./cells.js";
import { CLASS_WORDS, classOf, descendants, isScored, scoredBelow } from "./standing.js";
import { cellLooks, verdictWord } from "./celltext.js";
import { cellOf } from "./cells.js";
import { sentence } from "./sentences.js";
import { button, day, element, hubLink, signed, whole } from "./format.js";
import { edgeBlock, edgesOf } from "./evidence.js";
import { originOf } from "./origin.js";
import { repairParts, repairsOf } from "./repairs.js";
import { glyphOf, relationWord, topicMark } from "./marks.js";
import { settings } from "./settings.js";

export const AGAINST_WORDS = { parent: "the parent", scored_ancestor: "the nearest scored ancestor", root: "the root" };

function table(className, heads, rows) {
  const made = element("table", className);
  const head = element("tr");
  head.append(...heads.map((text) => Object.assign(element("th", "", text), { scope: "col" })));
  made.createTHead().append(head);
  made.createTBody().append(...rows);
  return made;
}

function row(...cells) {
  const made = element("tr");
  for (const cell of cells) {
    const part = element("td");
    part.append(cell);
    made.append(part);
  }
  return made;
}

function topics(domains) {
  const made = element("span");
  made.append(...domains.map(topicMark));
  return made;
}

function facts(i) {
  const list = element("dl", "facts");
  const { models } = data;
  const add = (name, value) => {
    if (!value) return;
    const told = element("dd");
    told.append(value);
    list.append(element("dt", "", name), told);
  };
  add("state", hasScores && STATES[state[i]]);
  add("verdicts", hasScores && (isScored(i) ? CLASS_WORDS[classOf[i]] : "none: it has no score"));
  add("made as", `${glyphOf(i)} ${relationWord(i)}, generation ${family.depth[i]}`);
  add("created", day(family.created[i]));
  add("last change", family.changed[i] >= 0 && day(family.changed[i]));
  add("downloads", family.downloads[i] < 0 ? "unknown" : `${whole(family.downloads[i])} in 30 days`);
  add("licence", models.licences[models.licence[i]] || "none told");
  add("library", models.libraries[models.library[i]]);
  add("domains", domainsOf(i).length && topics(domainsOf(i)));
  add("on the Hub", models.statuses[models.status[i]]);
  const below = descendants(i);
  add("made from it", below ? `${whole(below)} of this page${hasScores ? `, ${whole(scoredBelow(i))} of them scored` : ""}` : "nothing on this page");
  if (family.isContext[i]) add("shown", "as an ancestor; it was not asked for");
  return list;
}

/** Gives a label the exact name of its instrument as a tooltip. */
function named(made, column) {
  made.title = COLUMNS[column].name;
  return made;
}

/** A verdict with its sentence: one drift row. */
function verdictItem(at) {
  const column = data.identities[data.drift.identity[at]].column;
  const verdict = data.drift.verdict[at];
  const item = element("li", `verdict ${VERDICT_WORDS[verdict]}`);
  const head = element("p", "verdict-head");
  const delta = data.drift.delta[at];
  const figure = verdict === WITHHELD || delta === null ? "⊘" : signed(delta, 1);
  const looks = cellLooks(data.drift.model[at], column).looks;
  const isCell = cellOf(data.drift.model[at], column).drift === at && settings.cells === "drift";
  head.append(
    named(element("b", "", COLUMNS[column].label), column),
    element("span", isCell ? `pill ${looks}` : "pill", `${figure} ${verdictWord(verdict, column)}`),
  );
  const flips = data.drift.at_risk[at] < 0 || verdict === WITHHELD ? "" : flipWords(at);
  item.append(head, element("p", "note", sentence(at) + flips), element("p", "note", groundWords(at)));
  return item;
}

/** The basis of a verdict: how the pair was compared, the detectable change unless its sentence has it, the guards. */
function groundWords(at) {
  const { drift } = data;
  const pairing = { items: "item by item", summary: "from the two means" }[drift.pairings[drift.pairing[at]]];
  const guard = drift.guards[drift.guard[at]];
  const parts = [
    pairing,
    drift.least[at] === null || drift.verdict[at] === UNDECIDED ? "" : `${drift.least[at].toFixed(1)} points detectable`,
    guard ? `guards: ${guard}` : "",
  ];
  return parts.filter(Boolean).join(", ");
}

function flipWords(at) {
  const { at_risk: atRisk, worsened, recovered } = data.drift;
  return `. Of ${whole(atRisk[at])} items that the ancestor got right, it loses ${whole(worsened[at])}; it gains ${whole(recovered[at])} others`;
}

function identityWords(identity) {
  const told = Object.entries(identity.identity).map(([name, value]) => `${name} ${value}`);
  const { low, high, scale, source, licence, gated } = identity;
  const items = [source && `items of ${source}`, licence && `licence ${licence}`, gated && "gated"].filter(Boolean);
  return [identity.key, ...told, `${scale} from ${low} to ${high}`, ...items].join(", ");
}

function scoreRow(at) {
  const { scores } = data;
  const identity = data.identities[scores.identity[at]];
  const error = scores.error[at] === null ? "" : ` ± ${(1.96 * scores.error[at]).toFixed(1)}`;
  const name = named(element("span", "", `${COLUMNS[identity.column].label}${scores.files[scores.file[at]]}`), identity.column);
  const where = [
    data.about.states[scores.state[at]],
    scores.items[at] < 0 ? "items unknown" : `${whole(scores.items[at])} items`,
    scores.sources[scores.source[at]],
    scores.day[at] < 0 ? "" : day(scores.day[at]),
    scores.revisions[scores.revision[at]] ? `revision ${scores.revisions[scores.revision[at]]}` : "revision not told",
    scores.standing[at] || scores.file[at] ? "" : "another run speaks for the model",
  ];
  const cell = element("span", "", where.filter(Boolean).join(", "));
  const more = element("details");
  more.append(element("summary", "", "identity"), element("p", "note", identityWords(identity)));
  const both = element("div");
  both.append(cell, more);
  return row(name, `${scores.value[at].toFixed(1)}${error}`, both);
}

function predictedRows(i) {
  return COLUMNS.flatMap((column, at) => {
    const { score, predicted } = cellOf(i, at);
    if (score >= 0 || predicted < 0) return [];
    const { mean, low, high } = data.predicted;
    return [row(named(element("span", "", column.label), at), `≈ ${mean[predicted]}`, `${low[predicted]} to ${high[predicted]} in 90 of 100 cases`)];
  });
}

function jobItem(at) {
  const { jobs } = data;
  const error = jobs.errors[jobs.error[at]];
  const name = jobs.instruments[jobs.instrument[at]] || "every instrument";
  const item = element("li");
  item.append(element("b", "", `${name}: ${data.about.jobs[jobs.state[at]]}`), ` ${jobs.reasons[jobs.reason[at]]}`);
  if (error) item.append(element("p", "note", error));
  return item;
}

function path(i, go) {
  const chain = [];
  for (let one = i; one >= 0; one = family.parent[one]) chain.unshift(one);
  const list = element("ol", "path");
  chain.forEach((one, at) => {
    const item = element("li");
    item.style.paddingLeft = `${Math.min(at, 8) * 10}px`;
    item.append(`${family.isInferred[one] ? "┄" : ""}${glyphOf(one)} `, button("link", family.idOf(one), () => go(one)));
    list.append(item);
  });
  return list;
}

function section(title, ...parts) {
  return [element("h3", "", title), ...parts];
}

function verdictSection(i) {
  const rows = driftOf(i);
  const title = `Against ${AGAINST_WORDS[settings.against]}`;
  if (!rows.length) {
    return section(title, element("p", "note", isScored(i) ? "Nothing to compare it with." : "No score, so no verdict."));
  }
  const sorted = [...rows].sort(
    (a, b) => data.identities[data.drift.identity[a]].column - data.identities[data.drift.identity[b]].column,
  );
  const list = element("ul", "verdicts");
  list.append(...sorted.map(verdictItem));
  return section(title, list);
}

/** What a model without a parent was probably made from, or that nothing is known, and what would settle it. */
function originItems(i) {
  const { words, remedy, isLikely } = originOf(i);
  const items = [element("p", isLikely ? "doubt" : "note", words)];
  if (remedy) items.push(element("p", "note", remedy));
  return items;
}

/** Fills the panel with a model; `go` moves to another one, `close` returns to the overview. */
export function showDetails(panel, i, go, close) {
  const title = element("h2");
  title.append(element("bdi", "", family.idOf(i)));
  const links = element("p", "links");
  const link = hubLink(family.idOf(i), "open on the Hub ↗");
  if (link.href) links.append(link);
  panel.append(button("plain", "← overview", close), title, links, facts(i));
  const edges = edgesOf(i);
  const kinship = edges.length ? edges.map((edge) => edgeBlock(edge, go)) : originItems(i);
  panel.append(...section(edges.length > 1 ? `Made from ${edges.length} models` : "Made from", ...kinship));
  if (hasScores) panel.append(...verdictSection(i));
  for (const rows of repairsOf(i)) panel.append(...section("Repairs that were tried", ...repairParts(rows)));
  const scores = scoresOf(i);
  if (scores.length) {
    const words = element("p", "note", "In points of each instrument's range, with the 95 % interval where an error is known.");
    panel.append(...section("All scores", table("scores", ["instrument", "score", "from"], scores.map(scoreRow)), words));
  }
  const predicted = predictedRows(i);
  if (predicted.length) {
    const words = element("p", "note", "From the scores of its relatives. Not measured, and no ground for a verdict.");
    panel.append(...section("Predicted", table("scores", ["instrument", "level", "range"], predicted), words));
  }
  const jobs = jobsOf(i);
  if (jobs.length) {
    const list = element("ul", "proofs");
    list.append(...jobs.map(jobItem));
    panel.append(...section("Queue", list));
  }
  panel.append(...section("Way from the root", path(i, go)));
}
