"""The same family drawn by plotly: the tree as a scatter with lines, the matrix of drift as a heat map beside it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

_DRAWN: Final = """
const plot = document.querySelector('.plotly-graph-div');
const done = () => requestAnimationFrame(() => setTimeout(() => (document.body.dataset.drawn = performance.now())));
if (plot.calcdata) done(); else plot.on('plotly_afterplot', done);
"""


def write_plotly(path: Path, payload: dict[str, object]) -> None:
    """Write a self-contained page of plotly with the data of one of ours."""
    objects: Any = import_module("plotly.graph_objects")  # it carries no types
    subplots: Any = import_module("plotly.subplots")
    models = cast("dict[str, Any]", payload["models"])
    rows = np.arange(len(models["id"]))
    figure = subplots.make_subplots(cols=2, shared_yaxes=True)
    x, y = _branches(models)
    figure.add_trace(objects.Scattergl(x=x, y=y, mode="lines", hoverinfo="skip"), row=1, col=1)
    figure.add_trace(
        objects.Scattergl(x=models["created"], y=rows, mode="markers", text=models["id"], hoverinfo="text"),
        row=1,
        col=1,
    )
    names = [one["name"] for one in cast("list[dict[str, Any]]", payload["columns"])]
    figure.add_trace(objects.Heatmap(z=_matrix(payload), x=names, y=rows, zmid=0), row=1, col=2)
    figure.update_layout(width=1400, height=860, showlegend=False)
    figure.update_yaxes(autorange="reversed")
    figure.write_html(path, include_plotlyjs=True, post_script=_DRAWN)


def _branches(models: dict[str, Any]) -> tuple[list[float | None], list[float | None]]:
    """Return the lines from each parent to its children, a gap after each."""
    x: list[float | None] = []
    y: list[float | None] = []
    above: dict[int, int] = {}
    for row, depth in enumerate(models["depth"]):
        above[depth] = row
        if depth:
            parent = above[depth - 1]
            x += [models["created"][parent], models["created"][parent], models["created"][row], None]
            y += [parent, row, row, None]
    return x, y


def _matrix(payload: dict[str, object]) -> np.ndarray:
    """Return the drift of every model against its nearest scored ancestor, NaN where there is none."""
    drift = cast("dict[str, Any]", payload["drift"])
    identities = cast("list[dict[str, Any]]", payload["identities"])
    models = cast("dict[str, Any]", payload["models"])
    found = np.full((len(models["id"]), len(cast("list[object]", payload["columns"]))), np.nan)
    for model, identity, against, delta in zip(
        drift["model"], drift["identity"], drift["against"], drift["delta"], strict=True
    ):
        if against & 2 and delta is not None:
            found[model, identities[identity]["column"]] = delta
    return found
