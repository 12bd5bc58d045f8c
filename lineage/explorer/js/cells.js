// What is known about each model in each column: score, drift against the chosen ancestor, prediction, job.
// Verdicts come from the database, corrected for multiple comparisons; nothing here decides what is significant.

import { data } from "./payload.js";
import { family, nameOf } from "./family.js";

export const COLUMNS = data.columns;
export const [WORSE, BETTER, EQUIVALENT, UNDECIDED, WITHHELD] = [0, 1, 2, 3, 4];
export const VERDICT_WORDS = ["worse", "better", "equivalent", "undecided", "withheld"];
export const AGAINST = { parent: 1, scored_ancestor: 2, root: 4 };

/** States of a model, from least to best known; states of scores are in the payload's order. */
const UNSCORED_STATES = ["unscored", "skipped", "failed", "queued", "running"];
export const STATES = [...UNSCORED_STATES, ...[...data.about.states].reverse()];
const STATE_OF_JOB = { queued: 3, leased: 4, failed: 2, skipped: 1 };
export const FIRST_SCORED = UNSCORED_STATES.length;

const width = COLUMNS.length;
const columnOf = data.identities.map((one) => one.column);

/** Numbers the models that have data, so that arrays of cells can omit the others. */
function placesOf() {
  const place = new Int32Array(family.count).fill(-1);
  let known = 0;
  for (const table of [data.scores, data.drift, data.predicted, data.jobs]) {
    for (const i of table.model) if (place[i] < 0) place[i] = known++;
  }
  return { place, known };
}

const { place, known } = placesOf();
const scoreAt = new Int32Array(known * width).fill(-1);
const predictedAt = new Int32Array(known * width).fill(-1);
const jobAt = new Int32Array(known * width).fill(-1);
const driftAt = new Int32Array(known * width).fill(-1);
const references = new Uint8Array(known * width);
export const state = new Uint8Array(family.count);

function placeScores({ model, identity, standing, state: states }) {
  for (let at = 0; at < model.length; at++) {
    if (!standing[at]) continue;
    const i = model[at];
    scoreAt[place[i] * width + columnOf[identity[at]]] = at;
    state[i] = Math.max(state[i], STATES.indexOf(data.about.states[states[at]]));
  }
}

function placePredictions({ model, identity }) {
  for (let at = 0; at < model.length; at++) {
    const column = columnOf[identity[at]];
    if (column >= 0) predictedAt[place[model[at]] * width + column] = at;
  }
}

function placeJobs({ model, instrument, state: states, instruments }) {
  for (let at = 0; at < model.length; at++) {
    const i = model[at];
    state[i] = Math.max(state[i], STATE_OF_JOB[data.about.jobs[states[at]]]);
    COLUMNS.forEach((column, c) => {
      if (column.name === instruments[instrument[at]] || !instruments[instrument[at]]) jobAt[place[i] * width + c] = at;
    });
  }
}

placeScores(data.scores);
placePredictions(data.predicted);
placeJobs(data.jobs);

/** The requested rows of drift: indices by model, in order. */
function rowsAgainst(bit) {
  const byModel = new Map();
  data.drift.against.forEach((kinds, at) => {
    if (!(kinds & bit)) return;
    const i = data.drift.model[at];
    if (byModel.has(i)) byModel.get(i).push(at);
    else byModel.set(i, [at]);
  });
  return byModel;
}

/** Picks one of a model's references: the one that most rows have, then the nearest, then the first by name. */
function ranked(rows) {
  const { reference, distance } = data.drift;
  if (rows.length < 2) return rows;
  const uses = new Map();
  for (const at of rows) uses.set(reference[at], (uses.get(reference[at]) || 0) + 1);
  const name = (at) => (reference[at] === -1 ? "" : nameOf(reference[at]));
  return [...rows].sort(
    (a, b) =>
      uses.get(reference[b]) - uses.get(reference[a]) ||
      distance[a] - distance[b] ||
      (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0),
  );
}

let driftRows = new Map();

/** Loads the drift against one kind of ancestor; the totals of branches must be computed again afterwards. */
export function compareWith(against) {
  driftAt.fill(-1);
  references.fill(0);
  driftRows = rowsAgainst(AGAINST[against]);
  for (const [i, rows] of driftRows) {
    for (const at of ranked(rows)) {
      const cell = place[i] * width + columnOf[data.drift.identity[at]];
      if (driftAt[cell] < 0) driftAt[cell] = at;
      references[cell]++;
    }
  }
}

/** All drift rows of a model against the chosen kind of ancestor. */
export const driftOf = (i) => driftRows.get(i) || [];
export const isKnown = (i) => place[i] >= 0;
const found = (table, i, column) => (place[i] < 0 ? -1 : table[place[i] * width + column]);

/** The cell of a model and column: indices into the tables, -1 if there is no entry. */
export function cellOf(i, column) {
  const drift = found(driftAt, i, column);
  return {
    score: found(scoreAt, i, column),
    predicted: found(predictedAt, i, column),
    job: found(jobAt, i, column),
    drift,
    references: drift < 0 ? 0 : references[place[i] * width + column],
  };
}

export const driftAtCell = (i, column) => found(driftAt, i, column);
export const scoreAtCell = (i, column) => found(scoreAt, i, column);

/** All scores of a model: every run of every identity. */
export function scoresOf(i) {
  const rows = [];
  data.scores.model.forEach((model, at) => {
    if (model === i) rows.push(at);
  });
  return rows;
}

export function jobsOf(i) {
  const rows = [];
  data.jobs.model.forEach((model, at) => {
    if (model === i) rows.push(at);
  });
  return rows;
}
