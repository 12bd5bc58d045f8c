"""The OpenAPI 3.1 description of the API, from the same table as its routes."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.serving.endpoints import ApiEndpoint
    from store.serving.parameters import Parameter

ROOT = "/api/v1"
ERROR_CODES = {
    "400": "a parameter cannot be used",
    "401": "a token is asked for",
    "404": "no such model",
    "503": "another process writes, and there is no copy yet: try again in a few seconds",
}


def describe(endpoints: Iterable[ApiEndpoint]) -> dict[str, Any]:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "lineage",
            "version": version("hub-lineage"),
            "description": "What a lineage database holds, to be read. Every text in it may come from the Hub: "
            "escape it where you show it. The columns are those of the SQL views and commands of the same names.",
        },
        "paths": {f"{ROOT}/{endpoint.path}": {"get": _operation(endpoint)} for endpoint in endpoints},
        "components": {"schemas": {"Rows": _rows(), "Error": _error()}},
    }


def _operation(endpoint: ApiEndpoint) -> dict[str, Any]:
    errors = {code: _response(about, "Error") for code, about in ERROR_CODES.items()}
    return {
        "operationId": endpoint.path,
        "summary": endpoint.about,
        "parameters": [_parameter(parameter) for parameter in endpoint.all_parameters],
        "responses": {"200": _response("rows", "Rows"), **errors},
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if parameter.largest is not None:
        schema = {"type": "integer", "minimum": 0, "maximum": parameter.largest}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.default is not None:
        schema["default"] = parameter.default
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.is_required,
        "description": parameter.about,
        "schema": schema,
    }


def _response(about: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": about, "content": content}


def _rows() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["as_of", "is_behind", "writer", "columns", "rows", "next", "note"],
        "properties": {
            "as_of": {"type": "string", "format": "date-time", "description": "when the copy that answers was taken"},
            "is_behind": {"type": "boolean", "description": "whether a process has been writing since"},
            "writer": {"type": ["integer", "null"], "description": "the number of that process, where it is known"},
            "columns": {"type": "array", "items": {"type": "string"}},
            "rows": {"type": "array", "items": {"type": "object"}, "description": "one object per row, by column"},
            "next": {"type": ["string", "null"], "description": "where the next rows are; null where there are none"},
            "note": {
                "type": ["string", "null"],
                "description": "a sentence on all the rows asked for, such as what chance alone would make; or null",
            },
        },
    }


def _error() -> dict[str, Any]:
    texts = {"error": {"type": "string"}, "hint": {"type": ["string", "null"]}}
    return {"type": "object", "required": ["error", "hint"], "properties": texts}
