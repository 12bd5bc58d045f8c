// The models as typed arrays. Rows are parent first, each branch contiguous: the descendants of model i are
// i + 1 to end[i] - 1. A parent below -1 stands for a name outside the page, at data.outside[-2 - parent].

import { data } from "./payload.js";

export const RELATIONS = data.about.relations;
/** The domains of the lexicon; a model's bit n stands for the domain at index n. */
export const DOMAINS = data.about.domains;
export const NO_RELATION = 255;

/** The first known day of creation; 0 if none is known. */
function firstDay(created) {
  const first = created.reduce((least, one) => (one >= 0 && one < least ? one : least), Infinity);
  return Number.isFinite(first) ? first : 0;
}

/** Each model's parent, the row behind its descendants, and its day for drawing; an unknown day is replaced by the parent's. */
function placesOfRows(depth, created) {
  const count = depth.length;
  const [parent, end, drawnDay] = [new Int32Array(count), new Int32Array(count), new Float64Array(created)];
  const above = [];
  let first = null;
  for (let i = 0; i < count; i++) {
    const generation = depth[i];
    while (above.length > generation) end[above.pop()] = i;
    parent[i] = generation ? above[generation - 1] : -1;
    above.push(i);
    if (drawnDay[i] < 0) drawnDay[i] = generation ? drawnDay[parent[i]] : (first ??= firstDay(created));
  }
  for (const i of above) end[i] = count;
  return { parent, end, drawnDay };
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
  const count = models.depth.length;
  const { parent, end, drawnDay } = placesOfRows(models.depth, models.created);
  const isContext = new Uint8Array(count);
  for (const i of models.context) isContext[i] = 1;
  const [relation, isInferred] = [new Uint8Array(count), new Uint8Array(count)];
  for (let i = 0; i < count; i++) {
    const kind = edges.kinds[edges.kind[i]];
    relation[i] = kind ? kind[0] : NO_RELATION;
    isInferred[i] = kind && kind[3] ? 1 : 0;
  }
  return {
    count,
    parent,
    isContext,
    relation,
    isInferred,
    idOf: models.idOf ? (i) => models.idOf(i, parent) : (i) => models.id[i],
    depth: new Uint16Array(models.depth),
    end,
    drawnDay,
    created: models.created,
    changed: models.changed,
    downloads: models.downloads,
    domains: new Uint32Array(models.domains),
    others: otherParents(edges.other),
    deepest: models.depth.reduce((most, one) => Math.max(most, one), 0),
    roots: models.depth.reduce((sum, one) => sum + (one === 0 ? 1 : 0), 0),
    selected: count - models.context.length,
  };
}

export const family = grow(data);

export const hasChildren = (i) => family.end[i] > i + 1;

/** The id of a model, or of a name outside the page. */
export const nameOf = (i) => (i <= -2 ? data.outside[-2 - i] : family.idOf(i));

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
