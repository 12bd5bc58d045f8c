// What colour says of a model besides drift: its domain, licence, relation, author, last change or downloads.
// A colouring sorts the models into at most eight kinds, and into "other" and "unknown".

import { data } from "./payload.js";
import { domainsOf, family } from "./family.js";
import { colours } from "./colours.js";
import { day, MILLISECONDS_A_DAY, splitId } from "./format.js";
import { relationWord } from "./marks.js";
import { ALONE, CLASS_NAMES, classOf, UNSCORED } from "./standing.js";
import { settings } from "./settings.js";

const MOST_KINDS = 8;
/** Steps of downloads in 30 days: the least of each, and its name. */
export const DOWNLOAD_STEPS = [
  [100_000, "100,000 and more"],
  [10_000, "10,000 to 100,000"],
  [1_000, "1,000 to 10,000"],
  [100, "100 to 1,000"],
  [0, "under 100"],
];
const AGES = [
  [30, "in the last 30 days"],
  [90, "30 to 90 days ago"],
  [180, "90 to 180 days ago"],
  [365, "180 days to a year ago"],
  [Infinity, "over a year ago"],
];
/** The day that the ages of changes are counted from: when the records were last seen, else the last change. */
const today = data.about.seen
  ? Date.parse(`${data.about.seen.slice(0, 10)}T00:00Z`) / MILLISECONDS_A_DAY
  : family.changed.reduce((latest, one) => Math.max(latest, one), 0);

const OTHER = { label: "all others", fill: "dot" };
const UNKNOWN = { label: "unknown", fill: "panel", isHollow: true };

const licenceOf = (i) => data.models.licences[data.models.licence[i]] || null;
const authorOf = (i) => splitId(family.idOf(i))[0].slice(0, -1) || null;

/** Sorts models by a word: the commonest words are kinds, the others one kind; null means unknown. */
function categories(wordOf) {
  const counts = new Map();
  for (let i = 0; i < family.count; i++) counts.set(wordOf(i), (counts.get(wordOf(i)) ?? 0) + 1);
  counts.delete(null);
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_KINDS);
  const place = new Map(ranked.map(([word], at) => [word, at]));
  const kinds = [...ranked.map(([label], at) => ({ label, fill: `kind${at + 1}` })), OTHER, UNKNOWN];
  return { kinds, of: (i) => (wordOf(i) === null ? ranked.length + 1 : place.get(wordOf(i)) ?? ranked.length) };
}

/** Sorts models into steps, the first with the strongest shade; -1 means unknown. */
function steps(labels, stepOf) {
  const kinds = [...labels.map((label, at) => ({ label, fill: `ramp${labels.length - at}` })), UNKNOWN];
  return { kinds, of: (i) => (stepOf(i) < 0 ? labels.length : stepOf(i)) };
}

/** Sorts models by domain, in the colours of the lexicon; without a domain a mark is hollow. */
function byDomain() {
  const shown = data.about.domains.slice(0, MOST_KINDS);
  const several = { label: "several domains", fill: "ink" };
  const none = { label: "no domain found", fill: "panel", isHollow: true };
  const kinds = [...shown.map(({ title, colour }) => ({ label: title, fill: colour })), several, OTHER, none];
  const of = (i) => {
    const mine = domainsOf(i);
    if (!mine.length) return shown.length + 2;
    if (mine.length > 1) return shown.length;
    return shown.includes(mine[0]) ? shown.indexOf(mine[0]) : shown.length + 1;
  };
  return { kinds, of };
}

const CLASS_FILLS = ["worse3", "better3", "accent", "muted", "dot", "hatch", "neutral", "panel"];

/** Sorts models by what the verdicts say of their safety. */
function byDrift() {
  const kinds = CLASS_NAMES.map((label, one) => ({ label, fill: CLASS_FILLS[one], isHollow: one === ALONE || one === UNSCORED }));
  return { kinds, of: (i) => classOf[i] };
}

/** Each colouring: its title, the kinds, and a model's own value in words. */
const COLOURING = {
  drift: ["drift", byDrift, (i) => CLASS_NAMES[classOf[i]]],
  domain: ["domain", byDomain, (i) => domainsOf(i).map((one) => one.title).join(", ")],
  licence: ["licence", () => categories(licenceOf), (i) => licenceOf(i) ?? "unknown"],
  relation: ["relation", () => categories(relationWord), relationWord],
  author: ["author", () => categories(authorOf), (i) => authorOf(i) ?? "unknown"],
  changed: [
    "last change",
    () => steps(AGES.map(([, label]) => label), (i) => (family.changed[i] < 0 ? -1 : AGES.findIndex(([most]) => today - family.changed[i] <= most))),
    (i) => day(family.changed[i]),
  ],
  downloads: [
    "downloads",
    () => steps(DOWNLOAD_STEPS.map(([, label]) => label), (i) => DOWNLOAD_STEPS.findIndex(([least]) => family.downloads[i] >= least)),
    (i) => (family.downloads[i] < 0 ? "unknown" : DOWNLOAD_STEPS.find(([least]) => family.downloads[i] >= least)[1]),
  ],
};

const sorted = new Map();

function chosen() {
  const key = settings.colour === "drift" ? `drift ${settings.against}` : settings.colour;
  if (!sorted.has(key)) {
    const { kinds: all, of } = COLOURING[settings.colour][1]();
    const kind = new Uint8Array(family.count).map((_, i) => of(i));
    const counts = all.map(() => 0);
    kind.forEach((one, i) => (counts[one] += family.isContext[i] ? 0 : 1));
    sorted.set(key, { kind, kinds: all.map((one, at) => ({ ...one, count: counts[at] })) });
  }
  return sorted.get(key);
}

export const isByDrift = () => settings.colour === "drift";
export const colouringTitle = (name) => COLOURING[name][0];

export const kinds = () => chosen().kinds;

/** The kinds that some model is of, with how many are. */
export const presentKinds = () => kinds().filter((one) => one.count);

/** The kind of a model. */
export const kindOf = (i) => chosen().kinds[chosen().kind[i]];

export const fillOf = (kind) => colours[kind.fill] ?? kind.fill;

/** A model's own value in words; empty if it has none. */
export const valueWords = (i) => COLOURING[settings.colour][2](i);
