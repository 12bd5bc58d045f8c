"""Predictions for some models, from the scores of their weak components and from what was fitted to all scores.

A fit to all scores of an instrument takes far longer than the predictions for a family. What it learnt is a few
numbers, which are kept beside the arrays of the graph: `<database>.graph/fits-<fingerprint>/<slot>.json`. They follow
from the current scores, the graph, the domains and the weights that were read, are made by whoever first needs them,
and may be deleted at any time. Where the folder cannot be written there are none.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.prediction.belief_forest import plant
from lineage.prediction.belief_propagation import Normal
from lineage.prediction.leave_one_out import Coverage, Errors, PredictionCheck, Share
from lineage.prediction.predict import FittedPrediction
from lineage.prediction.predicted_row import fit_slot, predict_slot
from lineage.prediction.variances import RELATIONS, StepTable
from lineage.prediction.weight_steps import LeftOut, WeightCheck, WeightRule
from store.derive.kept_ids import files_of
from store.drift.weight_features import observe_read, open_read_families
from store.queries.known_domains import known_names
from store.scores.current import load_current_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.drift.current_scores import CurrentScores
    from lineage.graph.graph import Graph
    from lineage.prediction.belief_forest import BeliefForest
    from lineage.prediction.predict import Predictions
    from store.database import Database
    from store.derive.graph_cache import StoredGraph
    from store.drift.weight_features import ReadFamilies

FORMAT: Final = 2


@dataclass(frozen=True, kw_only=True)
class RelativesPrediction:
    """The weak components of some models, from which each of these models is predicted.

    `members` are the nodes of the components, ascending; `scores` and `graph` number them from 0 in this order.
    """

    database: Database
    stored: StoredGraph
    members: NDArray[np.int32]
    graph: Graph
    scores: CurrentScores

    @property
    def scored(self) -> NDArray[np.int32]:
        """The nodes with a current score, by their numbers in the whole graph."""
        return self.members[self.scores.node]

    def slots_of(self, nodes: NDArray[np.int32]) -> list[int]:
        """Return the slots in which some of these nodes have a current score, ascending."""
        slots: list[int] = np.unique(self.scores.slot[np.isin(self.scored, nodes)]).tolist()
        return slots

    def predict(self, slot: int, nodes: NDArray[np.int32]) -> Predictions:
        """Predict those of the nodes without a score in a slot; all numbers are those of the whole graph."""
        places = np.searchsorted(self.members, nodes).astype(np.int32)
        domains = self._every_domain[self.members]
        unscored = np.setdiff1d(places, self.scores.node[self.scores.slot == slot]).astype(np.int32)
        observed = observe_read(self.scores, slot, self._read, unscored)
        found = predict_slot(self.graph, observed, unscored, domains, self.fitted(slot), self._forest)
        return replace(found, node=self.members[found.node])

    @cached_property
    def _read(self) -> ReadFamilies | None:
        """The models near whose weights were read."""
        return open_read_families(
            self.database, self.graph, self.members, lambda node: self.stored.index.id(int(self.members[node]))
        )

    @cached_property
    def _every_read(self) -> ReadFamilies | None:
        return open_read_families(self.database, self.stored.graph, None, self.stored.index.id)

    @cached_property
    def _forest(self) -> BeliefForest:
        return plant(self.graph)

    @cached_property
    def _every_domain(self) -> NDArray[np.int64]:
        return surest_domains(self.database, self.stored.graph.size)

    @cached_property
    def _whole(self) -> tuple[CurrentScores, BeliefForest]:
        return load_current_scores(self.database), plant(self.stored.graph)

    @cached_property
    def _folder(self) -> Path | None:
        fingerprint = self.database.value("current_scores/fingerprint")
        parent = files_of(self.database.path)
        is_kept = isinstance(fingerprint, str) and not parent.is_symlink()
        read = self.database.value("weight_modules/fingerprint")
        told = fingerprint if read is None else f"{fingerprint}-{read}"
        return parent / f"fits-{FORMAT}-{told}" if is_kept else None

    def fitted(self, slot: int) -> FittedPrediction:
        """Return what all scores of a slot teach: as it was kept, or fitted now."""
        place = None if self._folder is None else self._folder / f"{slot}.json"
        fitted = None if place is None else _read(place)
        if fitted is None:
            scores, forest = self._whole
            observed = observe_read(scores, slot, self._every_read, np.zeros(0, dtype=np.int32))
            fitted = fit_slot(self.stored.graph, observed, self._every_domain, forest)
            if place is not None:
                _write(place, fitted)
        return fitted


def open_relatives(database: Database, stored: StoredGraph, nodes: NDArray[np.int32]) -> RelativesPrediction:
    """Return what the predictions for some nodes of the graph, ascending, are made from."""
    component = stored.graph.labels.component
    is_near = np.zeros(len(component), dtype=bool)
    is_near[component[nodes]] = True
    members = np.flatnonzero(is_near[component]).astype(np.int32)
    scores = load_current_scores(database, members)
    return RelativesPrediction(
        database=database,
        stored=stored,
        members=members,
        graph=stored.graph.part(members),
        scores=replace(scores, node=np.searchsorted(members, scores.node).astype(np.int32)),
    )


def surest_domains(database: Database, size: int) -> NDArray[np.int64]:
    """Return the domain of every node with the highest confidence, as an index into the known ones, -1 for none."""
    domains = np.full(size, -1, dtype=np.int64)
    known = database.arrays("drift/node_domains", domains=known_names(database), confidence=LISTED_CONFIDENCE)
    domains[known["node"]] = known["domain"]
    return domains


def _read(place: Path) -> FittedPrediction | None:
    """Return a fit from its file; None where there is none, or it is not whole."""
    try:
        told = json.loads(place.read_text(encoding="utf-8"))
        mean, variance = (np.array(told[name], dtype=np.float64) for name in ("mean", "variance"))
        pairs = np.array(told["pairs"], dtype=np.int64)
        if not mean.shape == variance.shape == pairs.shape or mean.ndim != 2 or len(mean) != RELATIONS:  # noqa: PLR2004 - a table
            return None
        root = Normal.of(float(told["root_mean"]), float(told["root_variance"]))
        check = told["calibration"]
        return FittedPrediction(
            table=StepTable(mean=mean, variance=variance, pairs=pairs),
            root=root,
            calibration=None if check is None else _read_check(check),
            weights=None if told["weights"] is None else _read_rule(told["weights"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _read_check(told: dict[str, Any]) -> PredictionCheck:
    def cover(name: str) -> Coverage:
        return Coverage(within=Share(**told[name]["within"]), inflation=float(told[name]["inflation"]))

    return PredictionCheck(
        coverage=cover("coverage"),
        informed=cover("informed"),
        uninformed=cover("uninformed"),
        everywhere=Errors(**told["everywhere"]),
        below_scored=Errors(**told["below_scored"]),
    )


def _read_rule(told: dict[str, Any]) -> WeightRule:
    left_out = tuple(LeftOut(**one) for one in told["check"]["left_out"])
    return WeightRule(
        slopes=np.array(told["slopes"], dtype=np.float64),
        variance=float(told["variance"]),
        check=WeightCheck(models=int(told["check"]["models"]), left_out=left_out),
    )


def _write(place: Path, fitted: FittedPrediction) -> None:
    """Put a fit in its place at once, and drop those of other scores; do nothing where the disk refuses."""
    rule = fitted.weights
    told = {
        "mean": fitted.table.mean.tolist(),
        "variance": fitted.table.variance.tolist(),
        "pairs": fitted.table.pairs.tolist(),
        "root_mean": float(fitted.root.mean),
        "root_variance": float(fitted.root.variance),
        "calibration": None if fitted.calibration is None else asdict(fitted.calibration),
        "weights": None if rule is None else _rule_as_json(rule),
    }
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix="new-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(told, file)
        Path(name).chmod(place.parent.parent.stat().st_mode & 0o666)
        Path(name).replace(place)
        others = [one for one in place.parent.parent.glob("fits-*") if one != place.parent]
    except OSError:
        return
    for other in others:
        shutil.rmtree(other, ignore_errors=True)


def _rule_as_json(rule: WeightRule) -> dict[str, object]:
    return {"slopes": rule.slopes.tolist(), "variance": rule.variance, "check": asdict(rule.check)}
