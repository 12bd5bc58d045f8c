// The evidence for an edge, declared, curated or inferred, with confidence and rule.

import { data } from "./payload.js";
import { edgeFacts, family, nameOf, proofsOf } from "./family.js";
import { button, element, hubLink } from "./format.js";
import { GLYPHS, RELATION_WORDS } from "./marks.js";

/** What an edge or its evidence is, in a word: only vendor facts are neither declared nor inferred. */
export const standing = (evidence, isInferred) => {
  if (isInferred) return "inferred";
  return evidence === "curated" ? "curated" : "declared";
};

const percent = (share) => `${(share * 100).toFixed(share < 0.995 ? 0 : 1)} %`;

function proofItem(proof) {
  const item = element("li");
  const kind = element("b", "", proof.kind);
  if (proof.kind === "weights") {
    item.append(kind, element("span", "note", ` ${proof.resolution}`));
    return item;
  }
  const said = proof.words ? ` “${proof.words}”` : "";
  const details = [
    proof.isInferred ? `inferred${proof.rule ? ` by ${proof.rule}` : ""}` : standing(proof.kind, false),
    proof.relation || "",
    proof.resolution === "exact" || proof.isInferred ? "" : proof.resolution,
    `${percent(proof.confidence)} sure`,
  ].filter(Boolean);
  item.append(kind, said, element("span", "note", ` ${details.join(", ")}`));
  return item;
}

/** An edge with its evidence: `go` moves to the parent if it has a row. */
export function edgeBlock({ parent, kind, proof }, go) {
  const facts = edgeFacts(kind);
  const block = element("div", `edge${facts.isInferred ? " inferred" : ""}`);
  const line = element("p", "edge-line");
  const sure = `${standing(facts.evidence, facts.isInferred)}, ${percent(facts.confidence)} sure`;
  line.append(`${GLYPHS[facts.relation]} ${RELATION_WORDS[facts.relation]} of `);
  const name = nameOf(parent);
  line.append(parent >= 0 ? button("link", name, () => go(parent)) : hubLink(name, name));
  line.append(element("span", facts.isInferred ? "tag inferred" : "tag", sure));
  const list = element("ul", "proofs");
  list.append(...proofsOf(proof, name).map(proofItem));
  block.append(line, list);
  return block;
}

/** All edges above a model: the one that places it, then those to its other parents. */
export function edgesOf(i) {
  const others = family.others.get(i) || [];
  if (family.parent[i] < 0) return others;
  return [{ parent: family.parent[i], kind: data.edges.kind[i], proof: data.edges.proof[i] }, ...others];
}
