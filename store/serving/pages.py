"""The pages: the overview of families, and each family's explorer page, made from the newest copy of the database."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from lineage.explorer.page import render_page
from lineage.explorer.payload import encode
from lineage.figures.look import shared_style
from store.outputs.explorer import find_explorer
from store.serving.parameters import Parameter, read_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from starlette.requests import Request

    from store.serving.reader_copies import Copies

KEPT_PAGES: Final = 4
FAMILY: Final = (
    Parameter(name="root", about="a model: it and all its descendants"),
    Parameter(name="selector", about="which models, as on the command line"),
)
FRAMELESS: Final = "frame-ancestors 'none'"  # the policy in the page's head covers everything else


def page_routes(copies: Copies) -> Sequence[Route]:
    """Return the routes of the pages."""
    families = _FamilyPages(copies)
    return [
        Route("/", _overview, methods=["GET"]),
        Route("/family", families.answer, methods=["GET"]),
        Route("/favicon.ico", lambda _: Response(status_code=204), methods=["GET"]),
    ]


class _FamilyPages:
    """Makes family pages and caches the last few of a copy, because a large family takes seconds."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[datetime, str | None], str] = OrderedDict()

    def answer(self, request: Request) -> Response:
        values = read_all(FAMILY, dict(request.query_params))
        root, selector = values["root"], values["selector"]
        chosen = f"{root}+" if root else selector
        with self._copies.reading() as reading:
            key = (reading.as_of, str(chosen) if chosen else None)
            page = self._find(key) or render_page(encode(find_explorer(reading.database, key[1])))
        self._keep(key, page)
        return HTMLResponse(page, headers={"content-security-policy": FRAMELESS})

    def _find(self, key: tuple[datetime, str | None]) -> str | None:
        with self._lock:
            return self._kept.get(key)

    def _keep(self, key: tuple[datetime, str | None], page: str) -> None:
        with self._lock:
            self._kept[key] = page
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT_PAGES:
                self._kept.popitem(last=False)


def _overview(_: Request) -> Response:
    page, policy = _overview_page()
    return HTMLResponse(page, headers={"content-security-policy": policy})


@cache
def _overview_page() -> tuple[str, str]:
    """Return the overview and its policy, which allows its own script and style and requests to this server only."""
    body, script, style = (_part(name) for name in ("overview.html", "overview.js", "overview.css"))
    style = shared_style() + style
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; connect-src 'self'; "
        f"base-uri 'none'; form-action 'none'; {FRAMELESS}"
    )
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    page = (
        f'<!doctype html><html lang="en"><head>{head}<title>lineage: families</title><style>{style}</style></head>'
        f"<body>{body}<script>{script}</script></body></html>"
    )
    return page, policy


def _part(name: str) -> str:
    return files("store").joinpath("serving", "web", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
