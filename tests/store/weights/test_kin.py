"""Close readings in the database: which relatives are worth one, what is kept, and what it is shown as."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lineage.crawl_records import NamedModels, UnreadWeights
from lineage.explorer.payload import encode
from lineage.weights.kinship import ModuleChange
from lineage.weights.kinship_findings import KinVerdict, RelativeKinship, RelativeMixture, WeightFinding
from lineage.weights.mixture import MixtureFit, UnfitMixture
from lineage.weights.weight_rows import MatrixRows, WeightRows
from store.outputs.explorer import find_explorer
from store.queries.models import show_model
from store.queries.trees import draw_tree
from store.weights.kin import choose_parents, keep_kin, list_wanted_kin
from store.weights.pairs import compare_new
from store.weights.readings import keep_readings, list_wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.store.conftest import Desk

Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]
SHA = "a" * 40


def name(number: int) -> str:
    """Return the id of a model."""
    return f"maple/model-{number}"


def rows_of(seed: int) -> Rows:
    """Return rows of independent numbers."""
    return np.random.default_rng(seed).normal(size=(16, 64)).astype(np.float32)


def read_of(number: int, seed: int, *, change: float = 0.0, file: str = "model.safetensors") -> WeightRows:
    """Return what was read of a model whose weights are those of a seed, changed a little."""
    noise = change * rows_of(1000 + number)
    places = (("model.embed_tokens.weight", 0), ("model.layers.0.mlp.up_proj.weight", 500))
    return WeightRows(
        model=name(number),
        revision=SHA,
        file=file,
        file_bytes=10**6,
        file_sha256=None,
        header_sha256="0" * 64,
        tensors=2,
        parameters=10**5,
        matrices=tuple(
            MatrixRows(name=place, dtype="F32", matrix_rows=1000, columns=64, rows=rows_of(seed + more) + noise)
            for place, more in places
        ),
        bytes_read=100_000,
        requests=4,
    )


def plant(desk: Desk, tags: Mapping[int, list[str]], last: int) -> None:
    """Store models up to a number, each younger than the one before, at a known commit, and derive."""
    started = datetime(2026, 1, 1, tzinfo=UTC)
    made = [(started + timedelta(days=number)).isoformat() for number in range(last + 1)]
    desk.take([desk.record(n, sha=SHA, createdAt=made[n], tags=tags.get(n, [])) for n in range(1, last + 1)])
    desk.derive()


def of(*parents: int, kind: str = "") -> list[str]:
    """Return the tags of a model with these parents."""
    return [f"base_model:{kind}{name(parent)}" for parent in parents]


def keep(desk: Desk, *read: WeightRows) -> None:
    """Keep what was read, and compare."""
    with desk.database.transaction():
        keep_readings(desk.database, read, (), crawl=1, now=desk.START)
    compare_new(desk.database, crawl=1, now=desk.START)


def wanted(desk: Desk, *numbers: int) -> dict[str, tuple[tuple[str, ...], tuple[str, ...], str | None]]:
    """Return what is wanted of some models: the relatives, the parents and the base of each."""
    found = list_wanted_kin(desk.database, NamedModels(stored=tuple(map(name, numbers))))
    return {
        one.model.model: (
            tuple(file.model for file in one.relatives),
            tuple(file.model for file in one.parents),
            one.base.model if one.base else None,
        )
        for one in found
    }


def kinship_of(model: int, relative: int, kind: str = "low rank", figure: float | None = 8.0) -> RelativeKinship:
    """Return a finding about a pair."""
    findings = (
        WeightFinding(kind=cast("Any", kind), number=figure, reason="the change has rank 8"),
        WeightFinding(kind="parent open", number=None, reason="one family"),
    )
    moved = ModuleChange(role="query", layer=3, numbers=640, equal_share=0.25, change=0.125)
    return RelativeKinship(model=name(model), relative=name(relative), findings=findings, modules=(moved,))


def take(desk: Desk, *kinships: RelativeKinship, mixture: RelativeMixture | None = None) -> None:
    """Keep what was found."""
    with desk.database.transaction():
        keep_kin(desk.database, [KinVerdict(kinships=kinships, mixture=mixture)], now=desk.START)


def fit_of(weights: Sequence[float], *, base: float | None = None, residual: float = 0.01) -> MixtureFit:
    """Return a fit with these weights."""
    copied = () if base is None else (0.0,) * len(weights)
    return MixtureFit(
        weights=tuple(weights), base_weight=base, residual=residual, rounding=0.0, copied=copied, numbers=10**4
    )


def test_the_ends_of_edges_of_one_origin_are_wanted(desk: Desk) -> None:
    """Not of two origins, not of GGUF files, and only where one of both was asked for or lies above it."""
    plant(desk, {2: of(1), 3: of(1), 4: of(1), 5: of(2), 7: of(6)}, 7)
    keep(desk, read_of(1, 1), read_of(2, 1, change=0.01), read_of(3, 3), read_of(4, 1, change=0.01, file="a.gguf"))
    keep(desk, read_of(5, 1, change=0.02), read_of(6, 60), read_of(7, 60, change=0.01))
    assert wanted(desk, 5, 3, 4) == {name(2): ((name(1),), (), None), name(5): ((name(2),), (), None)}
    assert wanted(desk, 6) == wanted(desk, 7) == {name(7): ((name(6),), (), None)}
    assert wanted(desk) == {}


def test_a_model_without_a_parent_is_read_with_its_nearest_relatives(desk: Desk) -> None:
    """Three of another family, the younger beside the older; a model whose one parent is contradicted has none."""
    plant(desk, {2: of(1), 7: of(6)}, 9)
    changes = {1: 0.0, 2: 0.01, 3: 0.02, 4: 0.04, 5: 0.08, 7: 0.3}
    keep(desk, *(read_of(number, 1, change=change) for number, change in changes.items()), read_of(6, 600))
    found = {model: relatives for model, (relatives, _, _) in wanted(desk, *range(1, 10)).items()}
    assert found[name(2)] == (name(1),)
    assert found[name(3)] == (name(1), name(2))
    assert found[name(5)][:2] == (name(1), name(2))
    assert found[name(7)][:1] == (name(1),)
    assert name(6) not in {*found, *(relative for relatives in found.values() for relative in relatives)}
    assert all(len(relatives) <= 4 for relatives in found.values())


def test_a_pair_is_read_once_until_a_model_changes(desk: Desk) -> None:
    """What was found goes with the weights that it was found in; so do mixtures that it has a part in."""
    plant(desk, {2: of(1), 3: of(1), 4: ["merge"]}, 4)
    keep(desk, *(read_of(number, 1, change=number / 100) for number in (1, 2, 3, 4)))
    assert wanted(desk, 4)[name(4)][1:] == ((name(2), name(3)), name(1))
    mixture = RelativeMixture(model=name(4), parents=(name(2), name(3)), base=name(1), fit=fit_of((0.7, 0.3), base=0.0))
    take(desk, kinship_of(2, 1), kinship_of(3, 1), *(kinship_of(4, other) for other in (1, 2, 3)), mixture=mixture)
    assert wanted(desk, 1, 2, 3, 4) == {}
    keep(desk, read_of(3, 1, change=0.05))
    assert set(wanted(desk, 1, 2, 3, 4)) == {name(3), name(4)}
    assert desk.rows("select distinct model from weight_findings order by all") == [(name(2),), (name(4),)]
    assert desk.rows("select model, relative from weight_changes order by all") == [
        (name(2), name(1)),
        (name(4), name(1)),
        (name(4), name(2)),
    ]
    assert desk.rows("select * from weight_mixtures") == []


def test_a_new_relative_weighs_a_model_anew(desk: Desk) -> None:
    """A model that declares a parent is not weighed unless it says that it is a merge."""
    plant(desk, {2: of(1), 3: of(1), 4: of(1), 6: of(2)}, 6)
    keep(desk, *(read_of(number, 1, change=number / 100) for number in (1, 2, 3, 5, 6)))
    parents = {model: (parents, base) for model, (_, parents, base) in wanted(desk, *range(1, 7)).items() if parents}
    assert parents == {name(5): ((name(2), name(3)), name(1))}
    take(
        desk,
        mixture=RelativeMixture(
            model=name(5), parents=(name(2), name(3)), base=name(1), fit=fit_of((0.9, 0.1), base=0.0, residual=0.8)
        ),
    )
    assert not any(parents for _, parents, _ in wanted(desk, *range(1, 7)).values())
    keep(desk, read_of(4, 1, change=0.04))
    assert wanted(desk, 4, 5)[name(5)][1] == (name(2), name(3), name(4))


def test_parents_are_chosen_among_relatives() -> None:
    """What is declared before what is near, no merges beside others, the oldest first, and never the base itself."""
    day = datetime(2026, 1, 1, tzinfo=UTC)

    def of_kin(name: str, parents: list[str], *, age: int = 0, declared: bool = False, merge: bool = False) -> Any:  # noqa: ANN401 -- a row
        return ("x", name, declared, merge, parents, day + timedelta(days=age) if age else None)

    near = [
        of_kin("p", ["b"], age=3),
        of_kin("b", [], age=1),
        of_kin("q", ["b"], age=2),
        of_kin("m", ["p"], merge=True),
    ]
    assert choose_parents(near, {"b", "p", "q", "m"}) == (("q", "p"), "b")
    assert choose_parents(near, {"p", "q"}) == (("b", "q", "p"), None)
    told = [*near, of_kin("r", ["c"], declared=True), of_kin("s", ["c", "d"], age=9, declared=True)]
    assert choose_parents(told, {"c", "d"}) == (("s", "r"), "c")
    assert choose_parents([*near[:1], near[3]], {"b"}) == (("p", "m"), None)
    assert choose_parents([of_kin("y", ["x"]), near[0]], set()) == (("p",), None)
    assert len(choose_parents([of_kin(f"p{n}", []) for n in range(20)], set())[0]) == 7
    assert choose_parents([of_kin("y", ["x"])], set()) == ((), None)


def test_what_was_found_is_shown(desk: Desk) -> None:
    """On the edge, in `show`, in the tree and on the page; and the weights of a mixture."""
    plant(desk, {2: of(1), 3: of(1)}, 4)
    keep(desk, *(read_of(number, 1, change=number / 100) for number in (1, 2, 3, 4)))
    mixture = RelativeMixture(model=name(4), parents=(name(2), name(3)), base=None, fit=fit_of((0.7, 0.3)))
    take(desk, kinship_of(2, 1), kinship_of(3, 1, "edited direction", 0.9987), kinship_of(4, 2), mixture=mixture)
    assert desk.rows("select child, weights, findings from edges order by all") == [
        (name(2), "p = 1.6e-89", "low rank 8"),
        (name(3), "p = 1.6e-89", "edited direction 0.999"),
    ]
    assert desk.rows(
        "select number, finding, figure from weight_findings where model = 'maple/model-4' order by all"
    ) == [
        (1, "low rank", 8.0),
        (2, "parent open", None),
    ]
    assert desk.rows("select * from weight_changes where model = 'maple/model-3'") == [
        (name(3), name(1), "query", 3, 640, 0.25, 0.125)
    ]
    shown = [row for row in show_model(desk.database, name(3)).rows if row[:2] == ("parents", name(1))]
    assert str(shown[0][2]).endswith(", weights: p = 1.6e-89; edited direction 0.999")
    shown = [row for row in show_model(desk.database, name(4)).rows if row[0] == "weights"]
    assert ("weights", "mixture", f"0.70 {name(2)}, 0.30 {name(3)}") in shown
    assert any(row[1] == name(2) and str(row[2]).endswith("; low rank 8") for row in shown)
    tree = draw_tree(desk.database, name(1), depth=3, is_up=False, is_full=False, columns=120, is_ascii=True)
    assert [line.split()[2] for line in tree.splitlines() if "(weights: edited direction)" in line] == [name(3)]
    edges = cast("dict[str, Any]", encode(find_explorer(desk.database, None)))["edges"]
    told = {piece[2] for proof in edges["proofs"] for piece in proof if piece[0] == "weights"}
    assert told == {"p = 1.6e-89; low rank 8", "p = 1.6e-89; edited direction 0.999"}


def test_what_is_no_mixture_has_no_weights(desk: Desk) -> None:
    """The verdict and what is left are kept; and why nothing was fitted."""
    plant(desk, {}, 3)
    take(
        desk,
        mixture=RelativeMixture(
            model=name(3), parents=(name(1), name(2)), base=None, fit=fit_of((1.4, -0.4), residual=0.7)
        ),
    )
    asked = "select parent, is_base, weight, verdict, residual, reason from weight_mixtures order by all"
    assert desk.rows(asked) == [
        (name(1), False, None, "no mixture", 0.7, None),
        (name(2), False, None, "no mixture", 0.7, None),
    ]
    unfit = UnfitMixture(reason="too few to fit")
    take(desk, mixture=RelativeMixture(model=name(3), parents=(name(1), name(2)), base=name(0), fit=unfit))
    assert desk.rows(asked) == [
        (name(number), number == 0, None, "not fitted", None, "too few to fit") for number in (0, 1, 2)
    ]
    shown = [row[1:] for row in show_model(desk.database, name(3)).rows if row[0] == "weights"]
    assert shown == [("not fitted", f"{name(1)}, {name(2)}, {name(0)} (base): too few to fit")]


def test_what_was_refused_or_too_long_is_read_where_that_has_changed(desk: Desk) -> None:
    """Gated models once access is given, long headers once they are allowed; neither by itself."""
    plant(desk, {2: ["gguf"], 3: ["gguf", "safetensors"]}, 4)
    unread = [
        UnreadWeights(model=name(1), sha=SHA, reason="GatedRepo", is_refused=True),
        UnreadWeights(model=name(2), sha=SHA, reason="its header takes 4 MB", needed_bytes=4_000_000),
        UnreadWeights(model=name(3), sha=SHA, reason="it holds no weights that we know"),
    ]
    with desk.database.transaction():
        keep_readings(desk.database, [read_of(4, 1)], unread, crawl=1, now=desk.START)
    named = NamedModels(stored=tuple(map(name, range(1, 5))))

    def models(most_bytes: int, *, granted: bool = False) -> list[tuple[str, bool]]:
        found = list_wanted(desk.database, named, most_bytes=most_bytes, granted=granted)
        return [(one.model, one.is_gguf) for one in found]

    assert models(100_000) == models(3_999_999) == []
    assert models(4_000_000) == [(name(2), True)]
    assert models(100_000, granted=True) == [(name(1), False)]
    assert models(10_000_000, granted=True) == [(name(1), False), (name(2), True)]
    assert desk.rows("select model, refused, needed_bytes from weight_files where unread is not null order by all") == [
        (name(1), True, None),
        (name(2), False, 4_000_000),
        (name(3), False, None),
    ]
