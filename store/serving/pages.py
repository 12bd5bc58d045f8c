"""The pages: the overview of families, the search over all models, a model, and the explorer of a family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from lineage.errors import LineageError
from store.derive.model_names import NoSuchModel
from store.serving.family_pages import FamilyPages
from store.serving.html import framed, joined, model_link, tag
from store.serving.model_page import answer_model
from store.serving.overview_page import answer_overview
from store.serving.search_page import answer_search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import HTMLResponse

    from store.serving.reader_copies import Copies


def page_routes(copies: Copies) -> Sequence[Route]:
    """Return the routes of the pages."""
    families = FamilyPages(copies)
    return [
        Route("/", lambda request: answer_overview(copies, request), methods=["GET"]),
        Route("/search", lambda request: answer_search(copies, request), methods=["GET"]),
        Route("/model/{model:path}", lambda request: answer_model(copies, request), methods=["GET"]),
        Route("/family", families.answer, methods=["GET"]),
        Route("/favicon.ico", lambda _: Response(status_code=204), methods=["GET"]),
    ]


def wants_page(request: Request) -> bool:
    """Return whether a browser shows the answer to a person."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def refusal(error: Exception, status: int) -> HTMLResponse:
    """Return a page that says why there is no answer, and what to do."""
    nearest = error.nearest if isinstance(error, NoSuchModel) else ()
    links = (joined(" ", model_link(one)) for one in nearest)
    hint = error.hint if isinstance(error, LineageError) else ""
    return framed(
        "No answer",
        tag("h1", "No answer"),
        tag("p", str(error), role="alert"),
        tag("p", "Did you mean", *links, "?") if nearest else tag("p", hint) if hint else None,
        status=status,
    )
