// The user's settings, and how they are kept in the address: the hash after # reopens the same view.

import { DOMAINS, family, RELATIONS } from "./family.js";
import { monthName, readSpan } from "./births.js";
import { AGAINST, COLUMNS } from "./cells.js";
import { COLOURINGS, hasScores, ORDERS, VIEWS } from "./presence.js";

const COLUMNS_AT_FIRST = 8;
const ROW_AT_FIRST = 24;
const ROWS_FROM = 16;
const ROWS_TO = 34;
const LARGE = 2_000;
const GENERATIONS_OF_LARGE = 2;
const DARK = "(prefers-color-scheme: dark)";

/** How many generations are open at first: all, or only a few in a large family. */
function generationsAtFirst() {
  return family.count > LARGE ? Math.min(GENERATIONS_OF_LARGE, family.deepest) : family.deepest;
}

export const settings = {
  tab: "tree",
  against: "scored_ancestor",
  axis: "time",
  order: "scored",
  orderColumn: -1,
  cells: "drift",
  colour: COLOURINGS[0],
  generations: generationsAtFirst(),
  rowHeight: ROW_AT_FIRST,
  relations: RELATIONS.map(() => true),
  domains: DOMAINS.map(() => false),
  onlyScored: false,
  /** The first and the last month of creation that are shown; null for all. */
  born: null,
  predicted: true,
  columns: COLUMNS.map((_, at) => at < COLUMNS_AT_FIRST),
  theme: matchMedia(DARK).matches ? "dark" : "light",
  model: -1,
  query: "",
};

/** Each setting in the address: its key, how it is written (null for the default), and how it is read. */
const PARTS = {
  v: [() => (settings.tab === "tree" ? null : settings.tab), (text) => choose("tab", text, VIEWS)],
  m: [() => (settings.model < 0 ? null : family.idOf(settings.model)), (text) => findModel(text)],
  ref: [
    () => (settings.against === "scored_ancestor" ? null : settings.against),
    (text) => choose("against", text, Object.keys(AGAINST)),
  ],
  x: [() => (settings.axis === "time" ? null : settings.axis), (text) => choose("axis", text, ["time", "generation"])],
  colour: [() => (settings.colour === COLOURINGS[0] ? null : settings.colour), (text) => choose("colour", text, COLOURINGS)],
  cells: [() => (settings.cells === "drift" ? null : settings.cells), (text) => choose("cells", text, ["drift", "score"])],
  order: [() => (settings.order === "scored" ? null : settings.order), (text) => choose("order", text, ORDERS)],
  by: [
    () => (settings.orderColumn < 0 ? null : String(settings.orderColumn)),
    (text) => chooseNumber("orderColumn", text, 0, COLUMNS.length - 1),
  ],
  gen: [
    () => (settings.generations === generationsAtFirst() ? null : String(settings.generations)),
    (text) => chooseNumber("generations", text, 0, family.deepest),
  ],
  row: [
    () => (settings.rowHeight === ROW_AT_FIRST ? null : String(settings.rowHeight)),
    (text) => chooseNumber("rowHeight", text, ROWS_FROM, ROWS_TO),
  ],
  rel: [() => bits(settings.relations, true), (text) => readBits(settings.relations, text)],
  dom: [() => bits(settings.domains, false), (text) => readBits(settings.domains, text)],
  col: [() => columnNumbers(), (text) => readColumns(text)],
  born: [() => settings.born && settings.born.map(monthName).join("."), (text) => (settings.born = readSpan(text))],
  scored: [() => (settings.onlyScored ? "1" : null), (text) => (settings.onlyScored = hasScores && text === "1")],
  pred: [() => (settings.predicted ? null : "0"), (text) => (settings.predicted = text !== "0")],
  q: [() => settings.query || null, (text) => (settings.query = text.slice(0, 200))],
};

function choose(name, text, allowed) {
  if (allowed.includes(text)) settings[name] = text;
}

function chooseNumber(name, text, least, most) {
  if (/^\d{1,6}$/.test(text) && Number(text) >= least && Number(text) <= most) settings[name] = Number(text);
}

function findModel(id) {
  settings.model = family.depth.findIndex((_, i) => family.idOf(i) === id);
}

function bits(flags, usual) {
  if (flags.every((flag) => flag === usual)) return null;
  return flags.map((flag) => (flag ? "1" : "0")).join("");
}

function readBits(flags, text) {
  if (!/^[01]+$/.test(text) || text.length !== flags.length) return;
  flags.forEach((_, at) => (flags[at] = text[at] === "1"));
}

function columnNumbers() {
  if (settings.columns.every((flag, at) => flag === at < COLUMNS_AT_FIRST)) return null;
  return settings.columns.flatMap((flag, at) => (flag ? [at] : [])).join(".");
}

function readColumns(text) {
  if (!/^(\d+(\.\d+)*)?$/.test(text)) return;
  const chosen = new Set(text ? text.split(".").map(Number) : []);
  settings.columns.forEach((_, at) => (settings.columns[at] = chosen.has(at)));
}

/** Reads the settings from the address; unknown ones leave the defaults. */
export function readAddress() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  for (const [key, [, read]] of Object.entries(PARTS)) {
    if (parameters.has(key)) read(parameters.get(key));
  }
}

/** Writes the settings into the address; does nothing if the browser forbids it for local files. */
export function writeAddress() {
  const parameters = new URLSearchParams();
  for (const [key, [written]] of Object.entries(PARTS)) {
    const text = written();
    if (text !== null) parameters.set(key, text);
  }
  try {
    history.replaceState(null, "", `#${parameters}`);
  } catch {
    document.body.dataset.address = "refused";
  }
}

/** The visible columns, as indices into the data. */
export const shownColumns = () => settings.columns.flatMap((flag, at) => (flag ? [at] : []));
