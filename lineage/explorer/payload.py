"""The data of a page: everything found about some models, in columns by row, as one object for JSON.

Rows follow the tree, each model before its derivatives, so `depth` alone defines the hierarchy. Days count from
1970-01-01; scores and differences are percentage points of the instrument's range; -1 and None mean unknown. The
verdicts come from the database. Untrusted text is neutralised once, here, and not again on the page.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.drift.chance import by_chance_of
from lineage.drift.change import changes_of
from lineage.explorer.columns import describe_columns, describe_identity, is_safety, order_slots
from lineage.explorer.compression import Words, numbers, proof_sets, q_values, take, tenths
from lineage.explorer.row_order import Forest, Links, arrange
from lineage.maintenance.recipes import MixRecipe
from lineage.maintenance.split import Half
from lineage.parents.origin import Origin
from lineage.parents.relations import read_relation
from lineage.statistics.defaults import ALPHA
from lineage.statistics.verdicts import VERDICTS
from lineage.text.plain import plain
from lineage.vocabulary import CURRENT_STATES, Against, Relation

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from lineage.explorer.inputs import Found

FORMAT: Final = 1
HALVES: Final = (Half.SEARCH, Half.CONFIRMATION)
JOB_STATES: Final = ("queued", "leased", "failed", "skipped")
AGAINST_BITS: Final = {Against.PARENT: 1, Against.SCORED_ANCESTOR: 2, Against.ROOT: 4}
"""The kinds of ancestor in the column `against` of drift, as `store/sql/explorer.sql` adds them."""
_POINTS: Final = 100
_FINE: Final = 2
_WORD: Final = 60
_TEMPLATE: Final = 600


class _Rows:
    """The rows of the models: the row of each database number, and names for models without a row."""

    def __init__(self, found: Found, forest: Forest) -> None:
        self.forest = forest
        self._numbers = found.numbers
        self._outside = found.outside
        self.outside = Words()

    def of(self, wanted: NDArray[np.generic]) -> list[int]:
        """Return the row of each number: -1 for none; -2 and below are places among the outside names."""
        values = wanted.astype(np.int64)
        place = np.searchsorted(self._numbers, values)
        place[place == len(self._numbers)] = 0
        rows = np.where(self._numbers[place] == values, self.forest.position[place], -1).tolist()
        return [
            -2 - self.outside.code(plain(self._outside[number])) if row < 0 <= number else row
            for row, number in zip(rows, values.tolist(), strict=True)
        ]


def encode(found: Found) -> dict[str, object]:
    """Return the data of a page, ready for JSON."""
    links, is_inside = _links(found)
    weight = np.maximum(found.models["downloads"].astype(np.int64), 0)
    forest = arrange(links, weight)
    rows = _Rows(found, forest)
    slots = order_slots(found.measured, [*found.scores["instrument"].tolist()])
    column_of = {slot: column for column, slot in enumerate(slots)}
    column = np.array([column_of.get(one.slot, -1) for one in found.measured], dtype=np.int64)
    return {
        "format": FORMAT,
        "about": _about(found),
        "columns": describe_columns(found.measured, slots),
        "identities": [describe_identity(one, int(column[at])) for at, one in enumerate(found.measured)],
        "models": _models(found, forest),
        "edges": _edges(found, forest, rows, is_inside),
        "scores": _scores(found, rows),
        "drift": _drift(found, rows),
        "jobs": _jobs(found, rows),
        "predicted": _predicted(found, rows),
        "repairs": _repairs(found, rows),
        "origins": _origins(found, rows),
        "outside": rows.outside.listed(),
    }


def as_json(payload: dict[str, object]) -> str:
    """Return the data as JSON on one line."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _about(found: Found) -> dict[str, object]:
    about = found.about
    margins = np.unique(found.drift["margin"].astype(np.float64)) if len(found.drift["margin"]) else np.array([])
    return {
        "selector": None if about.selector is None else plain(about.selector),
        "seen": about.seen_at,
        "resolved": about.resolved_at,
        "version": about.version,
        "current": about.is_drift_current,
        "unpredicted": about.unpredicted,
        "margin": float(margins[0]) if len(margins) == 1 else None,
        "domains": [{"name": one.name, "title": plain(one.title), "colour": one.colour} for one in about.domains],
        "relations": [relation.value for relation in Relation],
        "verdicts": [verdict.value for verdict in VERDICTS],
        "states": list(CURRENT_STATES),
        "jobs": list(JOB_STATES),
        "unknown": _unknown(found),
        "chance": {against.value: _chance(found, bit) for against, bit in AGAINST_BITS.items()},
    }


def _chance(found: Found, bit: int) -> str:
    """Return how many models chance alone would call riskier; empty if fewer than two were compared."""
    drift = found.drift
    is_meant = (drift["against"].astype(np.int64) & bit > 0) & ~np.isnan(drift["q_value"].astype(np.float64))
    is_meant &= np.isin(drift["model"], found.numbers[found.is_selected])
    columns = (drift[name][is_meant].tolist() for name in ("model", "reference", "instrument"))
    families = {
        (str(model), str(reference), found.measured[instrument].instrument.construct)
        for model, reference, instrument in zip(*columns, strict=True)
        if is_safety(found.measured[instrument])
    }
    chance = by_chance_of(families, ALPHA)
    return chance.words if chance.models > 1 else ""


def _unknown(found: Found) -> dict[str, str]:
    """Return what is said of a model without a parent that is not among the origins."""
    if found.about.is_declared_only:
        return {"words": "declares no parent; what was inferred is left out here", "remedy": ""}
    nothing = Origin(model="")
    return {"words": nothing.words, "remedy": nothing.remedy}


def _origins(found: Found, rows: _Rows) -> dict[str, object]:
    texts = Words()
    origins = list(found.origins.values())
    return {
        "model": rows.of(np.array(list(found.origins), dtype=np.int64)),
        "words": texts.shown([one.words for one in origins]),
        "remedy": texts.shown([one.remedy for one in origins]),
        "likely": [one.is_likely_derivative for one in origins],
        "texts": texts.listed(),
    }


def _links(found: Found) -> tuple[Links, NDArray[np.bool_]]:
    """Return the edges among the models of the page, and a mask of all edges that marks them."""
    edges = found.edges
    parent = edges["parent"].astype(np.int64)
    place = np.searchsorted(found.numbers, parent)
    place[place == len(found.numbers)] = 0
    inside = found.numbers[place] == parent if len(parent) else np.zeros(0, dtype=bool)
    relations = {relation.value: relation.order for relation in Relation}
    links = Links(
        size=len(found.numbers),
        child=np.searchsorted(found.numbers, edges["child"].astype(np.int64)[inside]),
        parent=place[inside],
        relation=np.array([relations[str(one)] for one in edges["relation"][inside].tolist()], dtype=np.int64),
        confidence=edges["confidence"].astype(np.float64)[inside],
        is_inferred=edges["inferred"].astype(bool)[inside],
    )
    return links, inside


def _models(found: Found, forest: Forest) -> dict[str, object]:
    models = take(found.models, forest.order)
    licences, libraries, statuses = Words([""]), Words([""]), Words(["present"])
    is_selected = found.is_selected[forest.order]
    return {
        "id": [plain(str(one)) for one in models["id"].tolist()],
        "depth": numbers(forest.depth),
        "created": numbers(models["created"]),
        "changed": numbers(models["changed"]),
        "downloads": numbers(models["downloads"]),
        "licence": licences.shown(models["licence"].tolist(), _WORD),
        "library": libraries.shown(models["library"].tolist(), _WORD),
        "status": statuses.shown(models["status"].tolist()),
        "domains": numbers(models["domains"]),
        "context": np.flatnonzero(~is_selected).tolist(),
        "licences": licences.listed(),
        "libraries": libraries.listed(),
        "statuses": statuses.listed(),
    }


def _edges(found: Found, forest: Forest, rows: _Rows, is_inside: NDArray[np.bool_]) -> dict[str, object]:
    """Return the edge that places each row, then the other edges; both as codes of kinds and of evidence."""
    edges = found.edges
    kinds = Words()
    facts = ("relation", "evidence", "confidence", "inferred", "rule")
    kind = np.array(kinds.codes(zip(*(edges[name].tolist() for name in facts), strict=True)), dtype=np.int64)
    proof = edges["proof"].astype(np.int64)
    inside = np.flatnonzero(is_inside)
    hangs = forest.edge >= 0
    tree = inside[forest.edge[hangs]]
    others = np.setdiff1d(np.arange(len(kind)), tree)
    by_row = np.full((2, len(forest.order)), -1, dtype=np.int64)
    by_row[:, hangs] = kind[tree], proof[tree]
    return {
        "kind": numbers(by_row[0]),
        "proof": numbers(by_row[1]),
        "kinds": [_kind(one) for one in kinds.listed()],
        "proofs": proof_sets(found.proofs),
        "other": {
            "child": rows.of(edges["child"][others]),
            "parent": rows.of(edges["parent"][others]),
            "kind": numbers(kind[others]),
            "proof": numbers(proof[others]),
        },
    }


def _kind(facts: Hashable) -> list[object]:
    """Return a kind of edge as relation (its order), evidence, confidence, whether inferred, and rule."""
    relation, evidence, confidence, inferred, rule = cast("tuple[str, str, float, bool, str]", facts)
    known = read_relation(relation)
    return [0 if known is None else known.order, evidence, round(confidence, 4), inferred, plain(rule)]


def _scores(found: Found, rows: _Rows) -> dict[str, object]:
    scores = found.scores
    sources, revisions, files = Words(), Words([""]), Words([""])
    return {
        "model": rows.of(scores["model"]),
        "identity": numbers(scores["instrument"]),
        "value": numbers(scores["value"] * _POINTS, _FINE),
        "error": numbers(scores["stderr"] * _POINTS, _FINE),
        "items": numbers(scores["items"]),
        "state": [CURRENT_STATES.index(str(one)) for one in scores["state"].tolist()],
        "day": numbers(scores["day"]),
        "standing": numbers(scores["is_standing"]),
        "source": sources.shown(scores["source"].tolist()),
        "revision": revisions.shown(scores["revision"].tolist()),
        "file": files.shown(scores["file"].tolist()),
        "files": files.listed(),
        "sources": sources.listed(),
        "revisions": revisions.listed(),
    }


def _drift(found: Found, rows: _Rows) -> dict[str, object]:
    """Return the drift, differences in the sign for people."""
    drift = found.drift
    of_safety = np.array([is_safety(one) for one in found.measured], dtype=bool)[drift["instrument"].astype(np.int64)]
    delta, low, high = changes_of(
        of_safety, *(drift[name].astype(np.float64) for name in ("delta", "ci_low", "ci_high"))
    )
    templates, pairings, guards = Words(), Words([""]), Words([""])
    codes = {verdict.value: code for code, verdict in enumerate(VERDICTS)}
    written = templates.shown(drift["template"].tolist(), _TEMPLATE)
    names_it = np.array(["q_equivalence" in str(one) for one in templates.listed()], dtype=bool)
    is_named = names_it[np.array(written, dtype=np.int64)]
    return {
        "delta": tenths(delta),
        "low": tenths(low),
        "high": tenths(high),
        "q": q_values(drift["q_value"].astype(np.float64)),
        "within": q_values(np.where(is_named, drift["q_equivalence"].astype(np.float64), np.nan)),
        "items": numbers(drift["items"]),
        "least": tenths(drift["minimum_detectable"]),
        "model": rows.of(drift["model"]),
        "against": numbers(drift["against"]),
        "reference": rows.of(drift["reference"]),
        "identity": numbers(drift["instrument"]),
        "distance": numbers(drift["distance"]),
        "verdict": [codes[str(one)] for one in drift["verdict"].tolist()],
        "at_risk": numbers(drift["at_risk"]),
        "worsened": numbers(drift["worsened"]),
        "recovered": numbers(drift["recovered"]),
        "pairing": pairings.codes(drift["pairing"].tolist()),
        "guard": guards.shown(drift["guard"].tolist()),
        "template": written,
        "templates": templates.listed(),
        "pairings": pairings.listed(),
        "guards": guards.listed(),
    }


def _jobs(found: Found, rows: _Rows) -> dict[str, object]:
    jobs = found.jobs
    names, reasons, errors = Words([""]), Words(), Words([""])
    return {
        "model": rows.of(jobs["model"]),
        "instrument": names.shown(jobs["instrument"].tolist()),
        "state": [JOB_STATES.index(str(one)) for one in jobs["state"].tolist()],
        "reason": reasons.shown(jobs["reason"].tolist()),
        "error": errors.shown(jobs["error"].tolist()),
        "instruments": names.listed(),
        "reasons": reasons.listed(),
        "errors": errors.listed(),
    }


def _predicted(found: Found, rows: _Rows) -> dict[str, object]:
    predicted = found.predicted
    return {
        "model": rows.of(predicted["model"]),
        "identity": numbers(predicted["instrument"]),
        **{name: numbers(predicted[name] * _POINTS, 1) for name in ("mean", "low", "high")},
    }


def _repairs(found: Found, rows: _Rows) -> dict[str, object]:
    """Return what `lineage maintain` tried: each recipe in words, with its drift and loss in points."""
    repairs = found.repairs
    bases, recipes = Words(), Words()
    shares = zip(*(repairs[name].tolist() for name in ("attention", "rest", "safety_vector")), strict=True)
    return {
        "model": rows.of(repairs["model"]),
        "base": bases.shown(repairs["base"].tolist()),
        "recipe": recipes.codes(
            MixRecipe(attention=attention, rest=rest, safety=safety).label for attention, rest, safety in shares
        ),
        "half": [HALVES.index(Half(str(one))) for one in repairs["half"].tolist()],
        "margin": numbers(repairs["margin"], _FINE),
        **{name: tenths(repairs[name]) for name in ("drift", "low", "high", "loss", "loss_low", "loss_high")},
        "items": numbers(repairs["items"]),
        "safe": numbers(repairs["is_safe"]),
        "chosen": numbers(repairs["is_chosen"]),
        "bases": bases.listed(),
        "recipes": recipes.listed(),
    }
