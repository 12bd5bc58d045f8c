"""The JSON API: every question has an answer, rows come in pages, and faults are said."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from store.serving.endpoints import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.store.serving.conftest import Asking

HOSTILE = "evil/<img-src=x-onerror=alert(1)>"


def test_every_path_of_the_description_answers(asking: Asking) -> None:
    """OpenAPI and routes are the same list, and each answer has the fields that it promises."""
    described = asking.get("/openapi.json").json()
    assert set(described["paths"]) == {f"/api/v1/{endpoint.path}" for endpoint in ENDPOINTS}
    promised = set(described["components"]["schemas"]["Rows"]["required"])
    for path, methods in described["paths"].items():
        required = [one["name"] for one in methods["get"]["parameters"] if one["required"]]
        answer = asking.get(path + ("?id=maple/base" if required else ""))
        assert answer.status == 200, answer.body
        assert set(answer.json()) == promised
        assert {name for row in answer.json()["rows"] for name in row} <= set(answer.json()["columns"])


def test_pages_bring_every_row_once(asking: Asking) -> None:
    """Following `next` from the first page gives all models, each once, and ends."""
    for limit in (7, 29, 30, 31):
        found: list[str] = []
        following = f"/api/v1/models?selector=maple/base%2B&limit={limit}"
        while following:
            body = asking.get(following).json()
            assert len(body["rows"]) <= limit
            found.extend(row["id"] for row in body["rows"])
            following = body["next"]
        assert len(found) == len(set(found)) == 30
        assert HOSTILE in found


def test_family_counts(asking: Asking) -> None:
    """The overview counts the models of a family; without scores nothing is called measured, worse or better."""
    [family] = asking.get("/api/v1/families").json()["rows"]
    assert (family["root"], family["models"], family["generations"]) == ("maple/base", 30, 1)
    assert [family[name] for name in ("scored", "measured", "worse", "better", "contradictory", "withheld")] == [0] * 6
    assert (family["likely_parent"], family["root_is"]) == (None, None)
    assert (family["domains"], family["used_in"]) == ([], [{"domain": "medical", "models": 1}])
    assert asking.get("/api/v1/families?search=oak").json()["rows"] == []


FAULTS = (
    ("/api/v1/models?limit=1001", 400, "not a whole number from 0 to 1,000"),
    ("/api/v1/models?limit=-1", 400, "not a whole number"),
    ("/api/v1/models?limit=1e3", 400, "not a whole number"),
    ("/api/v1/models?offset=100001", 400, "not a whole number"),
    ("/api/v1/models?colour=red", 400, "unknown parameter"),
    ("/api/v1/models?sort=price", 400, "not one of"),
    ("/api/v1/models?search=" + "x" * 1_001, 400, "longer than"),
    ("/api/v1/models?selector=dom:x", 400, "no method"),
    ("/api/v1/models?selector=a/b", 404, "no model"),
    ("/api/v1/model?id=a/b", 404, "no model"),
    ("/api/v1/model", 400, "is missing"),
    ("/family?selector=dom:x", 400, "no method"),
    ("/family?root=a/b", 404, "no model"),
    ("/api/v1/models?selector=%27%3B%20drop%20table%20hub.models%3B--", 400, "selector"),
)


def test_a_fault_is_said(asking: Asking) -> None:
    """A question that cannot be answered gets a status and a sentence that names the fault, as JSON."""
    for path, status, words in FAULTS:
        answer = asking.get(path)
        assert answer.status == status, path
        assert words in answer.json()["error"]
    assert asking.get("/api/v1/status").status == 200


def test_the_way_out_of_a_long_answer_is_named(asking: Asking) -> None:
    """Who follows `next` too far is refused and told so: an end there would be taken for the end of the rows."""
    found = asking.get("/api/v1/models?offset=100000&limit=0")
    assert (found.status, found.json()["next"]) == (200, None)
    assert "lineage export" in asking.get("/api/v1/models?offset=100001").json()["hint"]


def test_no_database(serving: Callable[..., AbstractContextManager[Asking]], tmp_path: Path) -> None:
    """Where the database went away the answer says so."""
    with serving(tmp_path / "gone.duckdb") as asking:
        answer = asking.get("/api/v1/status")
    assert answer.status == 503
    assert "no database here" in answer.json()["error"]


def test_an_empty_database(serving: Callable[..., AbstractContextManager[Asking]], empty_db: Path) -> None:
    """Every question has an answer before there are models."""
    with serving(empty_db) as asking:
        for endpoint in ENDPOINTS:
            status = 404 if endpoint.path in {"model", "children"} else 200
            assert asking.get(f"/api/v1/{endpoint.path}" + ("?id=x" if status == 404 else "")).status == status


def test_a_hundred_readers(asking: Asking) -> None:
    """A hundred at once get the same answer each."""
    bodies: list[Any] = []
    threads = [
        threading.Thread(target=lambda: bodies.append(asking.get("/api/v1/models?limit=5").json())) for _ in range(100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bodies) == 100
    assert all(body == bodies[0] for body in bodies)
