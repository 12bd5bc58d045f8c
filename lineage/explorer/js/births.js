// Months of creation, as numbers from January 1970 on.

import { family } from "./family.js";
import { MILLISECONDS_A_DAY } from "./format.js";

const FIRST_YEAR = 1970;
export const MONTHS_A_YEAR = 12;

let months = null;

function monthOf(days) {
  const date = new Date(days * MILLISECONDS_A_DAY);
  return (date.getUTCFullYear() - FIRST_YEAR) * MONTHS_A_YEAR + date.getUTCMonth();
}

/** The month in which each model was created; -1 means unknown. */
export function birthMonths() {
  months ??= Int32Array.from(family.created, (days) => (days < 0 ? -1 : monthOf(days)));
  return months;
}

export const yearOf = (month) => FIRST_YEAR + Math.floor(month / MONTHS_A_YEAR);

/** Writes a month as 2024-03. */
export const monthName = (month) => `${yearOf(month)}-${String((month % MONTHS_A_YEAR) + 1).padStart(2, "0")}`;

/** Writes months as 2024-03 or 2024-03 to 2024-06. */
export const spanName = ([from, to]) => (from === to ? monthName(from) : `${monthName(from)} to ${monthName(to)}`);

/** Reads 2024-03.2024-06 as the first and the last month; null if it is something else. */
export function readSpan(text) {
  const found = /^(\d{4})-(\d\d)\.(\d{4})-(\d\d)$/.exec(text);
  if (!found) return null;
  const [fromYear, fromMonth, toYear, toMonth] = found.slice(1).map(Number);
  const span = [(fromYear - FIRST_YEAR) * MONTHS_A_YEAR + fromMonth - 1, (toYear - FIRST_YEAR) * MONTHS_A_YEAR + toMonth - 1];
  return span[0] >= 0 && span[0] <= span[1] ? span : null;
}

/** Whether a model was created in some months; without a date it was not. */
export function isBornIn(i, [from, to]) {
  const month = birthMonths()[i];
  return month >= from && month <= to;
}
