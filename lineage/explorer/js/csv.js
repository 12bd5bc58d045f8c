// The visible rows as CSV. Cells that a spreadsheet would run as formulas get a leading apostrophe.

import { data } from "./payload.js";
import { domainsOf, edgeFacts, family } from "./family.js";
import { cellOf, COLUMNS, state, STATES, VERDICT_WORDS } from "./cells.js";
import { day, element } from "./format.js";
import { referenceName, valueOf } from "./celltext.js";
import { relationWord } from "./marks.js";
import { rows } from "./order.js";
import { settings, shownColumns } from "./settings.js";

const FORMULA = /^\s*[=+\-@\uff0b\uff0d\uff1d\uff20]|^[\t\r\n]/;

function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function head() {
  const own = ["model", "parent", "relation", "inferred", "confidence", "generation", "created", "downloads", "domains", "state"];
  const parts = ["score", "score_state", "drift", "ci_low", "ci_high", "q", "verdict", "reference", "predicted"];
  return [...own, "against", ...shownColumns().flatMap((column) => parts.map((part) => `${COLUMNS[column].name}_${part}`))];
}

/** A difference with its interval in the sign of the database, as in every other CSV: + is worse, of capability too. */
function asStored([delta, low, high], column) {
  const turned = (value) => (value === null ? null : 0 - value);
  return COLUMNS[column].safety ? [delta, low, high] : [turned(delta), turned(high), turned(low)];
}

function cellParts(i, column) {
  const { drift, scores, predicted, about } = data;
  const cell = cellOf(i, column);
  const of = (table, at) => (at < 0 ? null : table[at]);
  const at = cell.drift;
  return [
    cell.score < 0 ? null : valueOf(cell.score, 4).replace(/\.?0+\b/g, ""),
    cell.score < 0 ? "unscored" : about.states[scores.state[cell.score]],
    ...asStored([of(drift.delta, at), of(drift.low, at), of(drift.high, at)], column),
    of(drift.q, at),
    at < 0 ? null : VERDICT_WORDS[drift.verdict[at]],
    at < 0 ? null : referenceName(at),
    cell.score < 0 ? of(predicted.mean, cell.predicted) : null,
  ];
}

function line(i) {
  const parent = family.parent[i];
  const facts = parent < 0 ? null : edgeFacts(data.edges.kind[i]);
  return [
    family.idOf(i),
    parent < 0 ? null : family.idOf(parent),
    relationWord(i),
    facts && String(facts.isInferred),
    facts && facts.confidence,
    family.depth[i],
    family.created[i] < 0 ? null : day(family.created[i]),
    family.downloads[i] < 0 ? null : family.downloads[i],
    domainsOf(i)
      .map((one) => one.name)
      .join("; "),
    STATES[state[i]],
    settings.against,
    ...shownColumns().flatMap((column) => cellParts(i, column)),
  ];
}

/** The rows of the list as CSV, without fold rows. */
function csvText() {
  const shown = [...rows].filter((row) => row >= 0);
  return [head(), ...shown.map(line)].map((cells) => cells.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

/** Saves the rows to a file. */
export function saveCsv() {
  const link = element("a");
  const address = URL.createObjectURL(new Blob([csvText()], { type: "text/csv" }));
  link.href = address;
  link.download = "lineage.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
