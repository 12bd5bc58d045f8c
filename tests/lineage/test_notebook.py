"""A family in a notebook: what it shows, and the graph that it hands over."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import networkx as nx
import pytest

from lineage.notebook import Family
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from lineage.profile import Profiles
    from tests.lineage.conftest import Album


def test_a_family_shows_itself(family: Profiles) -> None:
    """As the image of its plot; the plot takes other ancestors, and refuses what is none."""
    shown = Family(family, "maple/base")
    assert shown._repr_html_() == shown.plot().image()
    assert repr(shown) == "<Family of 9 models: maple/base>"
    assert "No change is supported." in shown.plot(against="root").description
    with pytest.raises(ValueError, match="uncle"):
        shown.plot(against="uncle")


def test_rows_bound_the_plot(family: Profiles) -> None:
    """Fewer lines make a lower figure."""
    shown = Family(family, "maple/base")
    assert shown.plot(rows=3).height < shown.plot().height


def test_an_instrument_is_chosen_for_intervals(album: Album) -> None:
    """Others are left out."""
    drift = (album.drift("oak/a", Verdict.WORSE, 9.0), album.drift("oak/a", Verdict.BETTER, -9.0, "bias"))
    shown = Family(album.add("oak/a", drift=drift).profiles(), "oak/a")
    assert shown.forest("bias").title.startswith("Drift on Harmful replies (bias): 1 comparison ")
    assert shown.forest().title.startswith("Drift: 2 comparisons")


def test_the_graph_is_plain(family: Profiles) -> None:
    """It has the declared and the guessed edges, and goes through a text format of networkx and back."""
    graph = Family(family, "maple/base").graph()
    assert graph.edges["maple/base", "oak/guess"]["inferred"] is True
    assert graph.nodes["oak/waits"] == {
        "status": "present",
        "license": None,
        "downloads": None,
        "domains": (),
        "coverage": "queued",
        "is_chosen": True,
    }
    out = io.BytesIO()
    nx.write_adjlist(graph, out)
    out.seek(0)
    assert set(nx.read_adjlist(out, create_using=nx.DiGraph).edges) == set(graph.edges)
