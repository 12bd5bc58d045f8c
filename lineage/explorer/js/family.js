// The models as typed arrays. Rows are parent first, each branch contiguous: the descendants of model i are
// i + 1 to end[i] - 1. A parent below -1 stands for a name outside the page, at data.outside[-2 - parent].

import { data } from "./payload.js";

export const RELATIONS = data.about.relations;
/** The domains of the lexicon; a model's bit n stands for the domain at index n. */
export const DOMAINS = data.about.domains;
export const NO_RELATION = 255;

function parentsOf(depth) {
  const parent = new Int32Array(depth.length);
  const above = [];
  for (let i = 0; i < depth.length; i++) {
    parent[i] = depth[i] ? above[depth[i] - 1] : -1;
    above[depth[i]] = i;
  }
  return parent;
}

function endsOf(parent) {
  const end = Int32Array.from(parent, (_, i) => i + 1);
  for (let i = parent.length - 1; i >= 0; i--) {
    if (parent[i] >= 0) end[parent[i]] = Math.max(end[parent[i]], end[i]);
  }
  return end;
}

/** For each model, where its children start in one list; the roots are the children of -1. */
function startsOf(parent) {
  const starts = new Int32Array(parent.length + 2);
  for (const above of parent) starts[above + 2]++;
  for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
  return starts;
}

/** Creation days for drawing; an unknown day is replaced by the parent's. */
function drawnDays(created, parent) {
  const days = Float64Array.from(created);
  const first = days.reduce((least, one) => (one >= 0 && one < least ? one : least), Infinity);
  for (let i = 0; i < days.length; i++) {
    if (days[i] < 0) days[i] = parent[i] >= 0 ? days[parent[i]] : Number.isFinite(first) ? first : 0;
  }
  return days;
}

function otherParents(other) {
  const found = new Map();
  other.child.forEach((child, at) => {
    const edge = { parent: other.parent[at], kind: other.kind[at], proof: other.proof[at] };
    if (found.has(child)) found.get(child).push(edge);
    else found.set(child, [edge]);
  });
  return found;
}

function grow({ models, edges }) {
  const count = models.id.length;
  const parent = parentsOf(models.depth);
  const isContext = new Uint8Array(count);
  for (const i of models.context) isContext[i] = 1;
  const relation = Uint8Array.from(edges.kind, (kind) => (kind < 0 ? NO_RELATION : edges.kinds[kind][0]));
  const isInferred = Uint8Array.from(edges.kind, (kind) => (kind < 0 ? 0 : Number(edges.kinds[kind][3])));
  return {
    count,
    parent,
    isContext,
    relation,
    isInferred,
    id: models.id,
    depth: Uint16Array.from(models.depth),
    end: endsOf(parent),
    starts: startsOf(parent),
    drawnDay: drawnDays(models.created, parent),
    created: models.created,
    changed: models.changed,
    downloads: models.downloads,
    domains: Uint32Array.from(models.domains),
    others: otherParents(edges.other),
    deepest: models.depth.reduce((most, one) => Math.max(most, one), 0),
    roots: models.depth.reduce((sum, one) => sum + (one === 0 ? 1 : 0), 0),
    selected: count - models.context.length,
  };
}

export const family = grow(data);

export const hasChildren = (i) => family.end[i] > i + 1;

/** The id of a model, or of a name outside the page. */
export const nameOf = (i) => (i <= -2 ? data.outside[-2 - i] : family.id[i]);

/** What decided an edge: relation (its order), evidence, confidence, whether inferred, rule. */
export function edgeFacts(kind) {
  const [relation, evidence, confidence, isInferred, rule] = data.edges.kinds[kind];
  return { relation, evidence, confidence, isInferred, rule };
}

/** All evidence of an edge; the parent's name is put back into the texts. */
export function proofsOf(proof, parentId) {
  return data.edges.proofs[proof].map(([kind, relation, resolution, confidence, rule, words, isInferred]) => ({
    kind,
    relation,
    resolution,
    confidence,
    rule,
    words: words.split("\0").join(parentId),
    isInferred,
  }));
}

export function domainsOf(i) {
  return DOMAINS.filter((_, bit) => family.domains[i] & (1 << bit));
}
