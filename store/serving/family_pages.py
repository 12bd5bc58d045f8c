"""Families in the explorer: whole ones, and of those that are too large for a page the part around one model."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import numpy as np
from starlette.responses import HTMLResponse

from lineage.errors import UsageError
from lineage.explorer.page import render_page
from lineage.explorer.payload import encode
from lineage.text.counts import number_of
from store.derive.graph_cache import open_graph
from store.derive.model_names import number_of as number_of_model
from store.outputs.explorer import find_explorer
from store.queries.select import select
from store.serving.html import FRAMELESS, bar_style, model_link, site_bar, tag
from store.serving.parameters import BadParameter, Parameter, read_all

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray
    from starlette.requests import Request
    from starlette.responses import Response

    from store.database import Database
    from store.derive.graph_cache import StoredGraph
    from store.serving.html import Markup
    from store.serving.reader_copies import Copies

    Numbers = NDArray[np.int32]

KEPT_PAGES: Final = 4
MADE_AT_ONCE: Final = 2
"""How many pages are made at a time; whoever else asks for one waits."""
MOST_MODELS: Final = 10_000
"""A page has at most this many selected models."""
FAMILY: Final = (
    Parameter(name="root", about="a model: it and all its descendants, or the nearest of them"),
    Parameter(name="around", about="a model: its family, or of a large one what was made from the model"),
    Parameter(name="selector", about="which models, as on the command line"),
)


class SelectionTooLarge(UsageError):
    """A selection has more models than a page shows."""

    hint = (
        "search for a model (/search) and open its family, narrow the selector (domain:medical), or write "
        "all of it to a file with `lineage export SELECTOR -o page.html`"
    )

    def __init__(self, selector: str, models: int, most: int) -> None:
        """Give the selector, how many models it matches, and the limit."""
        super().__init__(f"{selector} selects {number_of(models, 'model')}, and a page shows at most {most:,}")


class FamilyPages:
    """Makes family pages and caches the last few of a copy, because a large family takes seconds."""

    def __init__(self, copies: Copies) -> None:
        """Make pages of the newest of these copies."""
        self._copies = copies
        self._lock = threading.Lock()
        self._making = threading.BoundedSemaphore(MADE_AT_ONCE)
        self._kept: OrderedDict[tuple[datetime, str, str], str] = OrderedDict()

    def answer(self, request: Request) -> Response:
        """Return a page; raises BadParameter, SelectionTooLarge, and what `store.queries.select.select` raises."""
        given = {name: str(value) for name, value in read_all(FAMILY, dict(request.query_params)).items() if value}
        if len(given) > 1:
            raise BadParameter(min(given), "cannot be combined with another parameter")
        kind, name = next(iter(given.items()), ("selector", "*"))
        with self._copies.reading() as reading:
            key = (reading.as_of, kind, name)
            page = self._find(key)
            if page is None:
                with self._making:
                    page = self._find(key) or self._make(reading.database, kind, name)
        self._keep(key, page)
        return HTMLResponse(page, headers={"content-security-policy": FRAMELESS})  # the rest is in the page's head

    def _make(self, database: Database, kind: str, name: str) -> str:
        if kind != "selector":
            return _made_around(database, kind, name)
        chosen = select(database, name)
        if len(chosen) > MOST_MODELS:
            raise SelectionTooLarge(name, len(chosen), MOST_MODELS)
        return _rendered(database, name, chosen, None)

    def _find(self, key: tuple[datetime, str, str]) -> str | None:
        with self._lock:
            return self._kept.get(key)

    def _keep(self, key: tuple[datetime, str, str], page: str) -> None:
        with self._lock:
            self._kept[key] = page
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT_PAGES:
                self._kept.popitem(last=False)


def _made_around(database: Database, kind: str, name: str) -> str:
    """Return the page of a model's family, or of the model and what was made from it: as much of it as fits."""
    stored = open_graph(database)
    model = number_of_model(database, stored, name)
    root = int(stored.graph.labels.root[model])
    chosen, number = _nearest(stored, root if kind == "around" else model, MOST_MODELS)
    if number > MOST_MODELS and kind == "around":
        chosen, number = _nearest(stored, model, MOST_MODELS)
    elif kind == "around":
        model = root
    top = stored.index.id(model)
    if number <= MOST_MODELS:
        return _rendered(database, f"{top}+", chosen, tag("span", "about ", model_link(top), class_="said"))
    part = f"the nearest and most downloaded {len(chosen):,} of {number:,}"
    return _rendered(database, f"{top}+, {part}", chosen, _about_part(top, len(chosen), number))


def _nearest(stored: StoredGraph, model: int, most: int) -> tuple[Numbers, int]:
    """Return a model with its descendants, and their number; if there are more than `most`, the nearest of them.

    Of the first generation that does not fit, the most downloaded are taken, so every model's parent is there too.
    """
    layers = stored.graph.downwards.layers(np.array([model], dtype=np.int32))
    number, chosen, room = sum(map(len, layers)), [], most
    for layer in layers:
        fits = layer if len(layer) <= room else layer[np.argsort(-stored.downloads[layer], kind="stable")[:room]]
        chosen.append(fits)
        room -= len(fits)
    return np.sort(np.concatenate(chosen)), number


def _rendered(database: Database, selector: str, chosen: Numbers, about: Markup | None) -> str:
    found = find_explorer(database, selector, chosen=chosen)
    return render_page(encode(found), above=site_bar("", about), style=bar_style())


def _about_part(model: str, shown: int, number: int) -> Markup:
    told = f"The nearest and most downloaded {shown:,} of {number_of(number, 'model')}: "
    rest = " and what was made from it. Its page lists all that was made directly from it, each with a page of its own."
    return tag("span", told, model_link(model), rest, class_="said", role="note")
