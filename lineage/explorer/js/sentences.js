// Sentences of verdicts: the templates come from the database; figures are filled in and formatted as in Python.

import { data } from "./payload.js";
import { nameOf } from "./family.js";
import { isolated, whole } from "./format.js";

const FIELD = /\{\{|\}\}|\{(\w+):(\w+)\}/g;

const FORMS = {
  signed: (value) => (value === null ? "unknown" : (value < 0 ? "-" : "+") + Math.abs(value).toFixed(1)),
  size: (value) => `${Math.abs(value ?? 0).toFixed(1)} points`,
  q: (value) => (value === null ? "unknown" : value < 0.001 ? "< 0.001" : `= ${value}`),
  count: (value) => whole(Math.max(0, value ?? 0)),
  name: (value) => (value === -1 ? "" : isolated(nameOf(value))),
};

/** The sentence of a drift row. */
export function sentence(at) {
  const { drift } = data;
  const figures = {
    reference: drift.reference,
    delta: drift.delta,
    ci_low: drift.low,
    ci_high: drift.high,
    q_value: drift.q,
    q_equivalence: drift.within,
    minimum_detectable: drift.least,
    items: drift.items,
  };
  const written = (found, name, form) => (name ? FORMS[form](figures[name][at]) : found[0]);
  return drift.templates[drift.template[at]].replace(FIELD, written);
}
