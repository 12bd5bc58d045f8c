"""Predictions from kept parts of weights: which models they tell of, what they add, and that they are used as said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from lineage.prediction.belief_forest import plant
from lineage.prediction.predicted_row import observe
from lineage.scheduling.inputs import RunnableInstrument
from lineage.scheduling.instrument_posterior import know
from lineage.weights.span_rows import RowSpan, SpanReading
from store.derive.graph_cache import open_graph
from store.drift.fitted_predictions import open_relatives
from store.drift.predictions import predict_models
from store.drift.weight_features import open_read_families
from store.drift.write_drift import refresh
from store.jobs.schedule import with_scores
from store.scores.current import load_current_scores
from store.scores.write import write_scores
from store.weights.modules import find_modules, keep_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lineage.scores.score import Score
    from lineage.weights.tensor_roles import TensorRole
    from store.drift.weight_features import ReadFamilies
    from tests.store.conftest import Desk, Filled

    Make = Callable[..., Score]

FAMILIES: Final = 6
SHA: Final = "f" * 40
SAFE, RISKY, UNSCORED, UNREAD = 1, 2, 3, 4
"""Members of a family by number: its references, one without a score, and one without that nobody read."""
METHODS: Final = ("finetune", "adapter", "quantized")
LEANS: Final = (-0.75, -0.4, 0.5, 0.75)
"""Each method has a scored child of each lean."""
GAP: Final = 0.3
NOISE: Final = 0.02
"""The standard deviation of what weights do not tell."""
WIDTH: Final = 64
ROLES: Final[tuple[TensorRole, ...]] = ("query", "value", "up", "down")


def number(family: int, member: int) -> int:
    """Return the number of a member of a family; 0 is the base."""
    return 100 * (family + 1) + member


def name(family: int, member: int) -> str:
    """Return the id of a member."""
    return f"maple/model-{number(family, member)}"


def children() -> Iterator[tuple[int, str, float]]:
    """Yield the scored children of each family: its number, how it was made, and how far it leans."""
    yield from (
        (10 + 10 * at + place, method, lean) for at, method in enumerate(METHODS) for place, lean in enumerate(LEANS)
    )


def reading(family: int, member: int, lean: float | None, *, sha: str = SHA) -> SpanReading:
    """Return rows of four parts of a member, which leans towards the risky side; None for the base."""
    spans = []
    for at, role in enumerate(ROLES):
        random = np.random.default_rng([family, at])
        base, way = (random.normal(size=(8, WIDTH)) for _ in range(2))
        aside = np.random.default_rng([family, at, member]).normal(size=way.shape)
        aside -= way * np.vdot(aside, way) / np.vdot(way, way)
        change = (
            0.0
            if lean is None
            else lean * way + (1 - lean**2) ** 0.5 * aside * np.linalg.norm(way) / np.linalg.norm(aside)
        )
        spans.append(
            RowSpan(
                role=role,
                layer=0,
                dtype="F32",
                tensor_rows=8,
                first_row=0,
                rows=(base + 0.1 * change).astype(np.float32),
            )
        )
    return SpanReading(model=name(family, member), revision=sha, spans=tuple(spans))


def keep(desk: Desk, readings: Sequence[SpanReading], *, year: int = 2026) -> None:
    """Keep what was read of some models in a year."""
    with desk.database.transaction():
        keep_modules(desk.database, readings, desk.START.replace(year=year))


def risk_of(family: int, member: int, lean: float) -> float:
    """Return the true share of harmful replies of a child: what its weights tell, and a little that they do not."""
    return 0.5 + GAP * lean + NOISE * float(np.random.default_rng([7, family, member]).uniform(-1.7, 1.7))


@pytest.fixture(name="read")
def fixture_read(filled: Filled, make_score: Make) -> Desk:
    """Give families whose drift follows how far their weights lean, with their scores and weights."""

    def fill(desk: Desk) -> None:
        records, scores, readings = [], [], []
        for family in range(FAMILIES):
            base = name(family, 0)
            made = [(SAFE, "finetune", -1.0), (RISKY, "finetune", 1.0), (UNSCORED, "finetune", 0.7), *children()]
            kin = {0: [], UNREAD: [f"base_model:finetune:{base}"]}
            kin |= {one: [f"base_model:{how}:{base}"] for one, how, _ in made}
            records += [desk.record(number(family, one), sha=SHA, tags=tags) for one, tags in kin.items()]
            scores.append(make_score(base, 2000, of=4000, revision=SHA))
            scores += [
                make_score(name(family, one), round(4000 * risk_of(family, one, lean)), of=4000, revision=SHA)
                for one, _, lean in made
                if one != UNSCORED
            ]
            readings += [reading(family, 0, None), *(reading(family, one, lean) for one, _, lean in made)]
        desk.take(records)
        desk.derive()
        write_scores(desk.database, scores, desk.START)
        refresh(desk.database)
        keep(desk, readings)

    return filled(fill)


def families(desk: Desk) -> ReadFamilies:
    """Return the families whose weights were read."""
    stored = open_graph(desk.database)
    found = open_read_families(desk.database, stored.graph, None, stored.index.id)
    assert found is not None
    return found


def told(desk: Desk) -> dict[str, list[float]]:
    """Return what weights tell of each model, by id."""
    stored, current = open_graph(desk.database), load_current_scores(desk.database)
    features = families(desk).features(observe(current, int(current.slot[0])))
    if features is None:
        return {}
    return {
        stored.index.id(node): row for node, row in zip(features.node.tolist(), features.values.tolist(), strict=True)
    }


def test_each_child_is_told_by_how_far_it_leans(read: Desk) -> None:
    """The cosine times the drift of the reference that it leans to; nothing of bases, references and unread models."""
    found = told(read)
    one = [member for member, _, _ in children()]
    assert set(found) == {name(family, member) for family in range(FAMILIES) for member in (UNSCORED, *one)}
    for member, _, lean in children():
        towards_risky, towards_safe = found[name(0, member)]
        assert towards_risky == pytest.approx(max(lean, 0) * (risk_of(0, RISKY, 1) - 0.5), abs=0.05)
        assert towards_safe == pytest.approx(max(-lean, 0) * (risk_of(0, SAFE, -1) - 0.5), abs=0.05)
        assert 0 in {towards_risky, towards_safe}


def test_only_what_is_asked_for_is_read(read: Desk) -> None:
    """Beside the scored children, from which the rule is learnt, those that are asked for and were read."""
    stored, current = open_graph(read.database), load_current_scores(read.database)
    seen, found = observe(current, int(current.slot[0])), families(read)
    asked = np.array([stored.index.number(name(2, one)) for one in (UNSCORED, UNREAD)], dtype=np.int32)
    scored, few, every = (found.features(seen, nodes) for nodes in (asked[:0], asked, None))
    assert scored is not None
    assert few is not None
    assert every is not None
    assert set(few.node) - set(scored.node) == {asked[0]}
    assert len(every.node) == len(scored.node) + FAMILIES
    assert np.isin(scored.node, seen.node).all()


def test_predictions_use_them_and_say_so(read: Desk) -> None:
    """Near the truth, within their interval, and labelled; the unread sibling is predicted from relatives alone."""
    found = predict_models(read.database, None)
    rows = {row.model: row for row in found.rows}
    assert {row.left_out: (row.models, row.groups, row.is_used) for row in found.weights} == {
        "family": (FAMILIES * len(LEANS) * len(METHODS), FAMILIES, True),
        "method": (FAMILIES * len(LEANS) * len(METHODS), len(METHODS), True),
    }
    for family in range(FAMILIES):
        by_weights, plain = rows[name(family, UNSCORED)], rows[name(family, UNREAD)]
        assert (by_weights.by_weights, by_weights.state, plain.by_weights) == (True, "predicted", False)
        truth = risk_of(family, UNSCORED, 0.7)
        assert by_weights.mean == pytest.approx(truth, abs=0.08)
        assert by_weights.high - by_weights.low == pytest.approx(4 * NOISE, abs=2 * NOISE)
        assert by_weights.standard_deviation < 0.3 * plain.standard_deviation


def test_what_was_learnt_is_kept_until_weights_are_read_anew(read: Desk) -> None:
    """A second look reads the same rule from its file; another reading makes another file."""
    stored = open_graph(read.database)
    slot, nodes = int(load_current_scores(read.database).slot[0]), np.arange(stored.graph.size, dtype=np.int32)
    first, second = (open_relatives(read.database, stored, nodes).fitted(slot).weights for _ in range(2))
    assert first is not None
    assert second is not None
    assert first is not second
    assert (first.slopes.tolist(), first.variance, first.check) == (
        second.slopes.tolist(),
        second.variance,
        second.check,
    )
    keep(read, [reading(0, member, -lean) for member, _, lean in children()], year=2027)
    third = open_relatives(read.database, stored, nodes).fitted(slot).weights
    assert third is not None
    assert third.slopes.tolist() != first.slopes.tolist()


def test_parts_of_another_commit_do_not_count(read: Desk) -> None:
    """A child read at an earlier commit is not told, and neither is a family whose base was."""
    keep(read, [reading(0, UNSCORED, 0.7, sha="e" * 40), reading(1, 0, None, sha="e" * 40)])
    found = told(read)
    assert name(0, UNSCORED) not in found
    assert name(0, 10) in found
    assert not any(model.startswith("maple/model-2") for model in found)


def test_without_two_children_far_apart_there_is_no_direction(read: Desk, make_score: Make) -> None:
    """Nothing is told where the references lie close together, or only one of them was read; never invented."""
    close = [
        make_score(name(family, one), 2000 + one, of=4000, revision=SHA, measured_at=read.START.replace(year=2027))
        for family in range(FAMILIES)
        for one in (SAFE, RISKY, *(member for member, _, _ in children()))
    ]
    write_scores(read.database, close, read.START)
    refresh(read.database)
    assert told(read) == {}
    found = predict_models(read.database, None)
    assert found.weights == ()
    assert not any(row.by_weights for row in found.rows)


def test_without_readings_nothing_is_opened(desk: Desk) -> None:
    """A database of which no weights were read tells nothing, and an empty one neither."""
    desk.take([desk.record(1)])
    desk.derive()
    stored = open_graph(desk.database)
    assert open_read_families(desk.database, stored.graph, None, stored.index.id) is None
    assert open_read_families(desk.database, stored.graph, np.zeros(0, dtype=np.int32), stored.index.id) is None
    assert find_modules(desk.database, ["maple/model-1"]) == {}


def test_the_schedule_is_surer_of_what_weights_tell(read: Desk) -> None:
    """A model whose drift weights tell reveals less by a measurement than its sibling that nobody read."""
    stored = open_graph(read.database)
    (instrument,) = with_scores(read.database, stored, (RunnableInstrument(name="harm", definition="harm"),))
    assert instrument.observations.features is not None
    domains = np.full(stored.graph.size, -1)
    (known,) = know(plant(stored.graph), (instrument,), np.ones(stored.graph.size), domains)
    places = np.array([stored.index.number(name(0, one)) for one in (UNSCORED, UNREAD)])
    told, unread = known.model.posterior.variance[known.model.forest.position[places]]
    assert told < 0.1 * unread
    gains = known.gains(known.model.forest.position[places])
    assert gains[0] < 0.1 * gains[1]
