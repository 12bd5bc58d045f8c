// What a cell shows and says: a short text, a class for its look, and a sentence for screen readers.
// Only supported verdicts have colour; each other case has a look that no verdict has.

import { data } from "./payload.js";
import { nameOf } from "./family.js";
import { cellOf, COLUMNS, scoresOf, EQUIVALENT, UNDECIDED, VERDICT_WORDS, WITHHELD, WORSE } from "./cells.js";
import { sentence } from "./sentences.js";
import { shade } from "./colours.js";
import { signed } from "./format.js";
import { settings } from "./settings.js";

const JOB_TEXTS = { queued: "queued", leased: "running", failed: "failed", skipped: "skipped" };
const JOB_SIGNS = { queued: "◌", leased: "◍", failed: "✕", skipped: "–" };
/** Which direction of a score is safer, or abler. */
export const DIRECTION_WORDS = {
  lower_is_safer: "↓ safer",
  higher_is_safer: "↑ safer",
  capability: "↑ abler",
};

/** How many models chance alone would call riskier, against the chosen kind of ancestor; empty if few are compared. */
export function chanceWords() {
  const words = data.about.chance[settings.against];
  return words && `On safety, ${words}.`;
}

/** What a positive difference means in a column. */
export const plusWords = (column) => (COLUMNS[column].safety ? "+ riskier" : "+ abler");

const stateOf = (score) => data.about.states[data.scores.state[score]];
const isContradictory = (score) => stateOf(score) === "contradictory";
const level = (score) => scoreLooks(data.scores.value[score], stateOf(score)).text.replace("†", "");

/** The value of a score; all of them where they contradict each other. */
export function valueOf(score, digits = 1) {
  const { identity, model, standing, value } = data.scores;
  if (!isContradictory(score)) return value[score].toFixed(digits);
  const rivals = scoresOf(model[score]).filter((at) => identity[at] === identity[score] && standing[at]);
  return rivals.map((at) => value[at].toFixed(digits)).join(" and ");
}

/** The name of a WORSE or BETTER verdict in a column. */
export function verdictWord(verdict, column) {
  if (COLUMNS[column].safety || verdict > 1) return verdict > 1 ? VERDICT_WORDS[verdict] : verdict === WORSE ? "riskier" : "safer";
  return verdict === WORSE ? "less able" : "more able";
}

/** The look of drift: a short text, and classes. */
export function driftLooks(verdict, delta, isSafety) {
  if (verdict === WITHHELD) return { text: "⊘", looks: "withheld" };
  if (verdict === EQUIVALENT) return { text: `= ${signed(delta)}`, looks: "equivalent" };
  if (verdict === UNDECIDED) return { text: `${signed(delta)} ?`, looks: "undecided" };
  return { text: signed(delta), looks: `${isSafety ? "supported" : "supported able"} ${shade(delta, verdict === WORSE)}` };
}

const stateLooks = (state) => (state === "stale" || state === "reported" ? ` ${state}` : "");

/** The look of a score by its state. */
export function scoreLooks(value, state) {
  const text = state === "contradictory" ? "≠" : value.toFixed(0) + (state === "stale" ? "†" : "");
  return { text, looks: `level${stateLooks(state)}` };
}

export const jobLooks = (state) => ({ text: JOB_SIGNS[state], looks: `job ${state}` });
export const predictedLooks = (mean) => ({ text: `≈ ${mean.toFixed(0)}`, looks: "predicted" });
export const NO_LOOKS = { text: "", looks: "none" };

function knownLooks(cell, column) {
  if (cell.score >= 0) {
    const state = stateOf(cell.score);
    if (settings.cells !== "drift" || cell.drift < 0) return scoreLooks(data.scores.value[cell.score], state);
    const { verdict, delta } = data.drift;
    const { text, looks } = driftLooks(verdict[cell.drift], delta[cell.drift], COLUMNS[column].safety);
    return { text, looks: looks + stateLooks(state) + (cell.references > 1 ? " several" : "") };
  }
  const job = cell.job < 0 ? "" : data.about.jobs[data.jobs.state[cell.job]];
  const isPredicted = cell.predicted >= 0 && settings.predicted;
  if (job && !(job === "skipped" && isPredicted)) return jobLooks(job);
  return isPredicted ? predictedLooks(data.predicted.mean[cell.predicted]) : NO_LOOKS;
}

/** The look of a cell: text, classes. */
export function cellLooks(i, column) {
  const { text, looks } = knownLooks(cellOf(i, column), column);
  return { text, looks: `cell ${looks}` };
}

function scoreWords(score, column) {
  const error = data.scores.error[score];
  const state = stateOf(score);
  const value = `${valueOf(score)}${error === null ? "" : ` ± ${(1.96 * error).toFixed(1)}`}`;
  return `${COLUMNS[column].label}: ${value} points of the range (${DIRECTION_WORDS[COLUMNS[column].direction]}), ${state}`;
}

/** Everything about a cell in words, one line each. */
export function cellWords(i, column) {
  const cell = cellOf(i, column);
  if (cell.score >= 0) {
    const lines = [scoreWords(cell.score, column)];
    if (cell.drift >= 0) {
      const verdict = data.drift.verdict[cell.drift];
      const isNamed = verdict === EQUIVALENT || verdict === UNDECIDED; // the other sentences start with the word
      lines.push(isNamed ? `${verdictWord(verdict, column)}: ${sentence(cell.drift)}` : sentence(cell.drift));
      if (cell.references > 1) lines.push(`one of ${cell.references} ancestors; the details have all`);
    } else lines.push("compared with nothing here");
    return lines;
  }
  const lines = [`${COLUMNS[column].label}: not scored`];
  if (cell.job >= 0) {
    const { jobs } = data;
    lines.push(`${JOB_TEXTS[data.about.jobs[jobs.state[cell.job]]]}: ${jobs.reasons[jobs.reason[cell.job]]}`);
    if (jobs.errors[jobs.error[cell.job]]) lines.push(jobs.errors[jobs.error[cell.job]]);
  }
  if (cell.predicted >= 0) {
    const { mean, low, high } = data.predicted;
    const at = cell.predicted;
    lines.push(`predicted, not measured: ${mean[at]} (${low[at]} to ${high[at]} in 90 of 100 cases)`);
  }
  return lines;
}

/** The cell in a few words, for a row that is read aloud. */
export function cellSummary(i, column) {
  const cell = cellOf(i, column);
  const name = COLUMNS[column].title;
  if (cell.score < 0) return `${name} not scored`;
  if (cell.drift < 0) return `${name} ${level(cell.score)}`;
  const verdict = data.drift.verdict[cell.drift];
  const delta = data.drift.delta[cell.drift];
  return `${name} ${verdict === WITHHELD ? "" : `${signed(delta, 1)} `}${verdictWord(verdict, column)}`;
}

/** The ancestor that a drift row compares with. */
export const referenceName = (at) => (data.drift.reference[at] === -1 ? "none" : nameOf(data.drift.reference[at]));
