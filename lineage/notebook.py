"""A family in a notebook: its profiles, its figures, and its graph for networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lineage.drift.chance import told_by_chance
from lineage.output.result import Result, Tabular
from lineage.scores.instruments import check_known_names
from lineage.text.counts import number_of
from lineage.vocabulary import Against, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    import networkx as nx
    import pyarrow as pa

    from lineage.figures.svg import Figure
    from lineage.profile import Profile, Profiles


class Family(Tabular):
    """Some models and all their ancestors, as `lineage.open(...).family(model)` returns them.

    `profiles` is everything known about them. In a notebook, a family is displayed as by `plot()`; as a frame it is
    what `table()` returns.
    """

    def __init__(self, profiles: Profiles, title: str) -> None:
        """Store the profiles and the title, which figures of several families show."""
        self.profiles = profiles
        self._title = title

    def __len__(self) -> int:
        return len(self.profiles)

    def __iter__(self) -> Iterator[Profile]:
        return iter(self.profiles)

    def __getitem__(self, model: str) -> Profile:
        return self.profiles[model]

    def __repr__(self) -> str:
        return f"<Family of {number_of(len(self), 'model')}: {self._title}>"

    def _repr_html_(self) -> str:
        """Return the HTML that notebooks display."""
        return self.plot()._repr_html_()

    @property
    def models(self) -> tuple[str, ...]:
        """The ids of the models, without their ancestors."""
        return self.profiles.chosen

    def table(self, *, against: str = "scored_ancestor") -> Result:
        """Return one row per model: what it is, and the instruments on which it is worse, better and so on.

        Rows and frames have the ids of the instruments, the table that a notebook shows their names for people.
        `against` is parent, scored_ancestor or root; raises ValueError for anything else.
        """
        kind = Against(against)
        names, labels = (
            tuple((*_facts(profile), *_verdicts(profile, kind, name)) for profile in self) for name in ("name", "label")
        )
        note = told_by_chance(row for profile in self for row in profile.drift_against(kind))
        columns = (*COLUMNS, *(verdict.value for verdict in VERDICTS))
        return Result(columns=columns, rows=names, note=note, for_people=Result(columns=columns, rows=labels))

    def plot(self, *, against: str = "scored_ancestor", rows: int | None = None) -> Figure:
        """Return the tree with the drift of each model; `rows` limits its lines, by default to one page.

        `against` is parent, scored_ancestor or root; raises ValueError for anything else.
        """
        from lineage.figures.family import draw_family
        from lineage.figures.family_rows import MOST_ROWS

        return draw_family(
            self.profiles, title=self._title, against=Against(against), most_rows=MOST_ROWS if rows is None else rows
        )

    def forest(self, instrument: str | None = None, *, against: str = "scored_ancestor") -> Figure:
        """Return the drift of every model on an instrument (None: all) with its interval.

        Raises UnknownInstrument for one without a score among these models and their ancestors, else as `plot` does.
        """
        from lineage.figures.forest_plot import draw_forest

        drift = [row for profile in self for row in profile.drift_against(Against(against))]
        if instrument is not None:
            check_known_names([instrument], self._instruments())
        return draw_forest([row for row in drift if instrument in {None, row.name}])

    def coverage(self) -> Figure:
        """Return which models are measured, only reported, stale, queued or unscored, overall and by instrument."""
        from lineage.figures.coverage_bars import draw_coverage

        return draw_coverage(self.profiles)

    def graph(self) -> nx.DiGraph[str]:
        """Return the models, their ancestors and the edges among them as a plain graph, from parents down.

        Nodes have `status, license, downloads, domains, coverage, is_chosen`, edges `relation, evidence, confidence,
        inferred, declared_as`: texts, numbers and booleans, and tuples of texts.
        """
        from networkx import DiGraph

        graph: nx.DiGraph[str] = DiGraph()
        chosen = frozenset(self.profiles.chosen)
        for model, profile in self.profiles.by_id.items():
            graph.add_node(model, **_node(profile), is_chosen=model in chosen)
        for profile in self.profiles.by_id.values():
            for edge in profile.parents:
                graph.add_edge(edge.parent, edge.child, **{name: getattr(edge, name) for name in _EDGE})
        return graph

    def _read_arrow(self) -> pa.Table:
        return self.table().to_arrow()

    def first_rows(self, most: int) -> tuple[Result, str]:
        """Return at most so many models, and how many there are in words."""
        return self.table().first_rows(most)

    def _instruments(self) -> Iterator[str]:
        """Yield the names of the instruments that these models and their ancestors were measured with."""
        for profile in self.profiles.by_id.values():
            yield from (score.name for score in (*profile.scores, *profile.file_scores))
            yield from (row.name for row in profile.drift)


COLUMNS: Final = ("id", "status", "root", "depth", "parents", "domains", "license", "downloads", "coverage")
VERDICTS: Final = (Verdict.WORSE, Verdict.BETTER, Verdict.EQUIVALENT, Verdict.UNDECIDED)
_EDGE: Final = ("relation", "evidence", "confidence", "inferred", "declared_as")


def _facts(profile: Profile) -> tuple[object, ...]:
    """Return the values of `COLUMNS`."""
    facts = profile.facts
    return (
        facts.id,
        facts.status,
        facts.root,
        facts.depth,
        tuple(edge.parent for edge in profile.parents),
        _domains(profile),
        facts.license,
        facts.downloads,
        profile.coverage,
    )


def _verdicts(profile: Profile, against: Against, name: str) -> tuple[tuple[str, ...], ...]:
    """Return for each of `VERDICTS` the instruments with it, by this attribute."""
    drift = profile.drift_against(against)
    return tuple(tuple(sorted({getattr(row, name) for row in drift if row.verdict is verdict})) for verdict in VERDICTS)


def _domains(profile: Profile) -> tuple[str, ...]:
    return tuple(sorted({topic.domain for topic in profile.topics}))


def _node(profile: Profile) -> dict[str, Any]:
    facts = profile.facts
    return {
        "status": facts.status,
        "license": facts.license,
        "downloads": facts.downloads,
        "domains": _domains(profile),
        "coverage": profile.coverage,
    }
