"""The application: routes to the API's endpoints and to pages, all answered from copies of the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lineage.errors import LineageError, UsageError
from lineage.output.result import Result, as_json
from lineage.selectors.records import SelectorError
from store.derive.model_names import NoSuchModel
from store.errors import DatabaseLocked, StoreError
from store.serving.endpoints import ENDPOINTS
from store.serving.guard import RequestGuard
from store.serving.openapi import ROOT, describe
from store.serving.pages import page_routes, refusal, wants_page
from store.serving.parameters import BadParameter, read_all
from store.serving.progress import progress_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from store.serving.endpoints import ApiEndpoint
    from store.serving.guard import AccessRules
    from store.serving.reader_copies import Copies, ReaderState

RETRY_AFTER_SECONDS = 3


def build_app(copies: Copies, rules: AccessRules) -> Starlette:
    """Return the application over the copies of one database. Queries run in threads, each with its own cursor."""
    questions = [Route(f"{ROOT}/{one.path}", _asked(copies, one), methods=["GET"]) for one in ENDPOINTS]
    return Starlette(
        routes=[
            *questions,
            Route(f"{ROOT}/progress", lambda _: JSONResponse(progress_of(copies.path, copies.now())), methods=["GET"]),
            Route("/openapi.json", lambda _: JSONResponse(describe(ENDPOINTS)), methods=["GET"]),
            *page_routes(copies),
        ],
        middleware=[Middleware(RequestGuard, rules=rules)],
        exception_handlers={LineageError: _refused},
    )


def _asked(copies: Copies, endpoint: ApiEndpoint) -> Any:  # noqa: ANN401 - what Starlette calls an endpoint has no name
    """Return the function that answers an endpoint; not asynchronous, so that it runs in a thread."""

    def answer(request: Request) -> Response:
        values = read_all(endpoint.all_parameters, dict(request.query_params))
        limit, offset = values.get("limit"), values.get("offset")
        with copies.reading() as reading:
            if not isinstance(limit, int) or not isinstance(offset, int):
                return _written(reading, endpoint.answer(reading.database, values, 0), None, None)
            found = endpoint.answer(reading.database, values, offset + limit + 1)
            note = endpoint.note(reading.database, values)
        rows = Result(columns=found.columns, rows=found.rows[offset : offset + limit])
        is_more = len(found.rows) > offset + limit
        following = {**request.query_params, "offset": str(offset + limit), "limit": str(limit)}
        onward = f"{ROOT}/{endpoint.path}?{urlencode(following)}" if is_more and limit else None
        return _written(reading, rows, onward, note)

    return answer


def _written(reading: ReaderState, answer: Result, following: str | None, note: str | None) -> Response:
    head = {
        "as_of": reading.as_of.isoformat(),
        "is_behind": reading.is_behind,
        "writer": reading.writer,
        "columns": list(answer.columns),
        "next": following,
        "note": note,
    }
    body = f'{json.dumps(head)[:-1]}, "rows": {as_json(answer)}}}\n'
    return Response(body, media_type="application/json")


def _refused(request: Request, error: Exception) -> Response:
    match error:
        case NoSuchModel():
            status = 404
        case BadParameter() | SelectorError() | UsageError():
            status = 400
        case DatabaseLocked() | StoreError():
            status = 503
        case _:
            status = 400
    hint = error.hint if isinstance(error, LineageError) and error.hint else None
    headers = {"retry-after": str(RETRY_AFTER_SECONDS)} if isinstance(error, DatabaseLocked) else {}
    answer: Response
    if wants_page(request):
        answer = refusal(error, status)
    else:
        answer = JSONResponse({"error": str(error), "hint": hint}, status_code=status)
    answer.headers.update(headers)
    return answer
