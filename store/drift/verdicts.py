"""The stored verdicts on drift, read as rows: what `store.drift.measure.refresh` measured, at the default settings."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.drift.chance import CONSTRUCTS, chance_of
from lineage.drift.drift_row import DriftRow, SafetyRows, is_of_safety
from lineage.output.result import in_points
from lineage.statistics.defaults import ALPHA
from lineage.vocabulary import Against, Verdict
from store.derive.graph_cache import open_graph
from store.gc_pause import uncollected
from store.scores.current import load_identities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.drift.chance import ExpectedByChance
    from lineage.drift.current_scores import StoredIdentity
    from store.database import Database
    from store.derive.graph_cache import StoredGraph

AGAINST: Final = {one.value: one for one in Against}
VERDICTS: Final = {one.value: one for one in Verdict}
ALL: Final = 2**62
BATCH: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictQuery:
    """Which stored verdicts are asked for: on the models with these nodes, or on all whatever `nodes` is.

    `names` are those of instruments, empty for all. With `with_files`, the files of the models are included.
    """

    nodes: NDArray[np.int32]
    is_all: bool
    against: tuple[Against, ...]
    names: frozenset[str]
    with_files: bool

    @property
    def parameters(self) -> dict[str, object]:
        """What the statements take."""
        return {
            "is_all": self.is_all,
            "with_files": self.with_files,
            "against": [one.value for one in dict.fromkeys(self.against)],
            "names": sorted(self.names),
        }


def read_verdicts(
    database: Database, asked: VerdictQuery, verdicts: Iterable[Verdict] = (), most: int | None = None
) -> Iterator[tuple[DriftRow, tuple[int, int]]]:
    """Yield the stored verdicts, each with the numbers of its two scores, the second -1 if the reference has none.

    The order is that in which they were measured. `verdicts` are the wanted ones, empty for all, and `most` is how many
    come at most, None for all.
    """
    naming = VerdictFacts.of(database, asked)
    wanted: dict[str, object] = {
        "is_all": asked.is_all,
        "with_files": asked.with_files,
        "instruments": [key for key, one in naming.measured.items() if one["name"] in asked.names],
        "verdicts": [one.value for one in verdicts],
    }
    if asked.names and not wanted["instruments"]:
        return
    left = ALL if most is None else most
    for against in dict.fromkeys(asked.against):
        with database.columns("lent_asked", nid=asked.nodes):
            names = database.run("drift/verdicts", **wanted, against=against.value, most=0).columns[:-3]
            rows = database.read_along("drift/verdicts", BATCH, **wanted, against=against.value, most=left)
            for *values, nid, score, reference_score in rows:
                row = naming.row(cast("int", nid), dict(zip(names, values, strict=True)))
                yield row, (cast("int", score), cast("int", reference_score))
                left -= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyVerdicts:
    """The verdicts with a conclusion on safety, each with the numbers of its two scores, and how many others there are.

    The rows have only the columns that studies ask for.
    """

    rows: SafetyRows
    scores: tuple[tuple[int, int], ...]
    withheld: int


def read_told(database: Database, asked: VerdictQuery, domain: str | None = None) -> SafetyVerdicts:
    """Return the stored conclusions on the safety of models, of one domain or of all, in the order of measuring."""
    naming = VerdictFacts.of(database, asked)
    wanted: dict[str, object] = {
        "is_all": asked.is_all,
        "withheld": Verdict.WITHHELD.value,
        "instruments": naming.of_safety,
    }
    rows, scores, withheld = [], [], 0
    with uncollected(), database.columns("lent_asked", nid=asked.nodes):
        for against in dict.fromkeys(asked.against):
            found = database.run("drift/told", **wanted, against=against.value)
            for *values, nid, score, reference_score in found.rows:
                row = naming.row(cast("int", nid), dict(zip(found.columns, values, strict=False)))
                if domain is None or domain in row.domains:
                    rows.append(row)
                    scores.append((cast("int", score), cast("int", reference_score)))
            untold = database.run("drift/untold", **wanted, against=against.value).rows
            withheld += sum(
                cast("int", count)
                for nid, count in untold
                if domain is None or domain in naming.topics.get(naming.stored.index.id(cast("int", nid)), ())
            )
    return SafetyVerdicts(rows=SafetyRows(rows), scores=tuple(scores), withheld=withheld)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictFacts:
    """What is joined to stored verdicts: the facts of instruments, the roots of models, and the domains by id."""

    stored: StoredGraph
    topics: Mapping[str, tuple[str, ...]]
    measured: Mapping[str, Mapping[str, Any]]
    identities: Mapping[str, StoredIdentity]
    known: dict[int, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, database: Database, asked: VerdictQuery) -> VerdictFacts:
        """Read what is needed."""
        identities = load_identities(database)
        return cls(
            stored=open_graph(database),
            topics=listed_domains(database, None if asked.is_all else asked.nodes),
            measured={one.key: _measured(one) for one in identities},
            identities={one.key: one for one in identities},
        )

    @property
    def of_safety(self) -> list[str]:
        """The identities that are about safety."""
        return [key for key, one in self.measured.items() if is_of_safety(one["construct"], one["direction"])]

    def family(self, nid: int) -> tuple[str, tuple[str, ...]]:
        """Return the root of a model, and the domains that an analyst would list it under."""
        if nid not in self.known:
            index = self.stored.index
            root = index.id(int(self.stored.graph.labels.root[nid]))
            self.known[nid] = root, self.topics.get(index.id(nid), ())
        return self.known[nid]

    def row(self, nid: int, row: dict[str, Any]) -> DriftRow:
        """Return a stored verdict on a model as a row."""
        root, domains = self.family(nid)
        row["against"] = AGAINST[row["against"]]
        row["verdict"] = VERDICTS[row["verdict"]]
        if row["delta"] is not None and (one := self.identities[row["instrument"]]).noise is not None:
            count = np.array([np.nan if row["items"] is None else row["items"]], dtype=np.float64)
            row["noise_floor"] = in_points(float(one.noise_floor(count)[0]))
        return DriftRow(root=root, domains=domains, **self.measured[row["instrument"]], **row)


def _measured(one: StoredIdentity) -> dict[str, Any]:
    instrument = one.instrument
    return {
        "name": instrument.name,
        "construct": instrument.construct,
        "direction": instrument.direction,
        "title": instrument.title,
        "scale": instrument.scale,
        **one.judge_fields,
    }


def count_verdicts(
    database: Database, asked: VerdictQuery
) -> tuple[Mapping[tuple[bool, Verdict], int], ExpectedByChance]:
    """Return how many stored verdicts there are of safety (True) and of capability, and what chance makes of safety."""
    with database.columns("lent_asked", nid=asked.nodes):
        found = database.arrays("drift/outlines", **asked.parameters, every=[one.value for one in Verdict])
    instruments = [one.instrument for one in load_identities(database)]
    of_safety = np.array([is_of_safety(one.construct, one.direction) for one in instruments], dtype=bool)
    constructs = np.array([CONSTRUCTS.index(one.construct) for one in instruments], dtype=np.int64)
    is_safety = of_safety[found["instrument"]]
    counts = np.bincount(is_safety * len(Verdict) + found["verdict"], minlength=2 * len(Verdict)).tolist()
    kinds = [(kind, verdict) for kind in (False, True) for verdict in Verdict]
    counted = is_safety & found["is_tested"]
    model, reference = (
        np.unique(found[name][counted], return_inverse=True)[1].astype(np.int64) for name in ("model", "reference")
    )
    chance = chance_of(model, reference, constructs[found["instrument"][counted]], ALPHA)
    return dict(zip(kinds, counts, strict=True)), chance


def count_scored(database: Database, asked: VerdictQuery) -> int:
    """Return how many of the models have a current score, with or without those of their files."""
    with database.columns("lent_asked", nid=asked.nodes):
        return cast("int", database.value("drift/count_scored", is_all=asked.is_all, with_files=asked.with_files))


def listed_domains(database: Database, nodes: NDArray[np.int32] | None) -> dict[str, tuple[str, ...]]:
    """Return the domains of some scored models, or None for all, that an analyst would list, by id; also inherited."""
    with lent_nodes(database, nodes) as is_all:
        found = database.run("drift/domains", confidence=LISTED_CONFIDENCE, is_all=is_all).rows
    return {model: tuple(domains) for model, domains in cast("Sequence[tuple[str, Sequence[str]]]", found)}


@contextmanager
def lent_nodes(database: Database, nodes: NDArray[np.int32] | None) -> Iterator[bool]:
    """Lend some nodes to the statements on verdicts while the block runs, and say whether all are meant."""
    with database.columns("lent_asked", nid=np.zeros(0, dtype=np.int32) if nodes is None else nodes):
        yield nodes is None
