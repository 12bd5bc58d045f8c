"""The Hub's error matrix, row by row, and the headers that every answer has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

FREE = {"Authorization": "Bearer hf_sandbox_free"}
OWNER = {"Authorization": "Bearer hf_sandbox_owner"}
EVERY_PLACE = [
    "/api/models/{}",
    "/api/models/{}/revision/main",
    "/api/models/{}/tree/main",
    "/{}/resolve/main/README.md",
]


@pytest.mark.parametrize("place", EVERY_PLACE)
@pytest.mark.parametrize("name", ["nobody/nothing", "nothing", "vault/secret", "vault/before"])
class TestHidden:
    """Missing and private repositories look the same, and former ids of private ones do too."""

    def test_anonymous(self, client: httpx.Client, place: str, name: str) -> None:
        """Without a token: 401 with a message and no code."""
        answer = client.get(place.format(name))
        assert answer.status_code == 401
        assert answer.headers["X-Error-Message"] == "Invalid username or password."
        assert "X-Error-Code" not in answer.headers
        assert answer.headers["X-Request-Id"]
        assert answer.json() == {"error": "Invalid username or password."}

    def test_with_a_token(self, client: httpx.Client, place: str, name: str) -> None:
        """With a token: 404 and RepoNotFound."""
        answer = client.get(place.format(name), headers=FREE)
        assert answer.status_code == 404
        assert answer.headers["X-Error-Code"] == "RepoNotFound"
        assert answer.headers["X-Error-Message"] == "Repository not found"
        assert answer.json() == {"error": "Repository not found"}


def test_the_owner_sees_a_private_repository(client: httpx.Client) -> None:
    """The owner's token shows a private model, and its former id redirects."""
    answer = client.get("/api/models/vault/secret", headers=OWNER)
    assert answer.json()["private"] is True
    assert client.get("/api/models/vault/before", headers=OWNER).headers["Location"] == "/api/models/vault/secret"


@pytest.mark.parametrize(
    "place", ["/api/models", "/api/models/acme/base", "/api/whoami-v2", "/acme/base/resolve/main/x"]
)
@pytest.mark.parametrize("header", ["Bearer hf_wrong", "Basic hf_sandbox_free", "hf_sandbox_free", "Bearer", ""])
def test_a_bad_token_is_refused_everywhere(client: httpx.Client, place: str, header: str) -> None:
    """An unknown bearer is 401 with its own message, also where no token is needed."""
    answer = client.get(place, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["X-Error-Message"] == "Invalid credentials in Authorization header"
    assert answer.json() == {"error": "Invalid credentials in Authorization header"}


@pytest.mark.parametrize("path", ["config.json", "model.safetensors"])
def test_gated_files(client: httpx.Client, path: str) -> None:
    """Files behind a gate: 401 for the anonymous, 403 with a token, GatedRepo both times, in text; the owner may."""
    anonymous = client.get(f"/acme/gated/resolve/main/{path}")
    assert anonymous.status_code == 401
    assert anonymous.headers["X-Error-Code"] == "GatedRepo"
    assert anonymous.headers["X-Error-Message"] == (
        "Access to model acme/gated is restricted. You must have access to it and be authenticated to access it. "
        "Please log in."
    )
    assert anonymous.headers["Content-Type"].startswith("text/plain")
    signed_in = client.get(f"/acme/gated/resolve/main/{path}", headers=FREE)
    assert signed_in.status_code == 403
    assert signed_in.headers["X-Error-Code"] == "GatedRepo"
    assert "not in the authorized list. Visit " in signed_in.headers["X-Error-Message"]
    assert signed_in.headers["X-Error-Message"].endswith(" to ask for access.")
    assert client.get(f"/acme/gated/resolve/main/{path}", headers=OWNER).status_code in (302, 307)


@pytest.mark.parametrize("store", ["api/resolve-cache/models", "sandbox-cdn/models"])
def test_the_gate_has_no_back_door(client: httpx.Client, store: str) -> None:
    """The places behind the redirects ask for access too."""
    sha = client.get("/api/models/acme/gated").json()["sha"]
    path = "config.json" if "cache" in store else "model.safetensors"
    assert client.get(f"/{store}/acme/gated/{sha}/{path}").status_code == 401
    assert client.get(f"/{store}/vault/secret/{sha}/README.md", headers=FREE).status_code == 404


@pytest.mark.parametrize("place", ["/api/models/acme/gated", "/api/models/acme/gated/tree/main"])
def test_gated_metadata_is_open(client: httpx.Client, place: str) -> None:
    """Record and tree of a gated model are readable by anybody."""
    assert client.get(place).status_code == 200


def test_gated_readme_is_open(client: httpx.Client) -> None:
    """So is its README."""
    answer = client.get("/acme/gated/resolve/main/README.md", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.text.startswith("---")


@pytest.mark.parametrize("place", EVERY_PLACE)
def test_disabled(client: httpx.Client, place: str) -> None:
    """A disabled repository is 403 with its message, whoever asks."""
    for headers in ({}, FREE, OWNER):
        answer = client.get(place.format("vault/taken-down"), headers=headers)
        assert answer.status_code == 403
        assert answer.headers["X-Error-Message"] == "Access to this resource is disabled."
        assert "X-Error-Code" not in answer.headers


@pytest.mark.parametrize(
    "place",
    [
        "/api/models/acme/base/revision/v9",
        "/api/models/acme/base/revision/refs%2Fpr%2F1",
        "/api/models/acme/base/tree/v9",
        "/acme/base/resolve/v9/README.md",
        "/acme/base/resolve/refs%2Fpr%2F1/README.md",
        "/api/resolve-cache/models/acme/base/" + "f" * 40 + "/README.md",
    ],
)
def test_unknown_revision(client: httpx.Client, place: str) -> None:
    """A revision that is not there: 404 and RevisionNotFound."""
    answer = client.get(place)
    assert answer.status_code == 404
    assert answer.headers["X-Error-Code"] == "RevisionNotFound"


@pytest.mark.parametrize(
    "place",
    [
        "/acme/base/resolve/main/absent.txt",
        "/acme/base/resolve/main/onnx",
        "/acme/base/resolve/main/%C3%A9%0D%0AX-Evil:1",
        "/api/models/acme/base/tree/main/absent",
        "/api/models/acme/base/tree/main/README.md",
    ],
)
def test_unknown_file(client: httpx.Client, place: str) -> None:
    """A path that is not there: 404 and EntryNotFound, and nothing of it leaks into the headers."""
    answer = client.get(place)
    assert answer.status_code == 404
    assert answer.headers["X-Error-Code"] == "EntryNotFound"
    assert "X-Evil" not in answer.headers


@pytest.mark.parametrize(
    ("place", "location"),
    [
        ("/api/models/base", "/api/models/acme/base"),
        ("/api/models/old/base", "/api/models/acme/base"),
        ("/api/models/ACME/Base", "/api/models/acme/base"),
        ("/api/models/Legacy", "/api/models/legacy"),
        ("/api/models/base?expand=tags&expand=likes", "/api/models/acme/base?expand=tags&expand=likes"),
        ("/api/models/base/revision/refs%2Fpr%2F1", "/api/models/acme/base/revision/refs%2Fpr%2F1"),
        ("/api/models/old/base/tree/main/onnx?recursive=true", "/api/models/acme/base/tree/main/onnx?recursive=true"),
        ("/base/resolve/main/README.md", "/acme/base/resolve/main/README.md"),
        ("/old/base/resolve/main/onnx/model.onnx", "/acme/base/resolve/main/onnx/model.onnx"),
    ],
)
def test_moved(client: httpx.Client, place: str, location: str) -> None:
    """Former ids and other spellings lead to the id of today: a relative 307 in text."""
    answer = client.get(place)
    assert answer.status_code == 307
    assert answer.headers["Location"] == location
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Vary"] == "Origin, Accept"
    assert answer.text == f"Temporary Redirect. Redirecting to {location}"


def test_after_a_move_only_the_id_differs(client: httpx.Client) -> None:
    """The record behind the redirect has the new id and the same `_id`."""
    moved = client.get("/api/models/base", follow_redirects=True).json()
    assert moved == client.get("/api/models/acme/base").json()


@pytest.mark.parametrize(
    ("method", "place", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/api", 404),
        ("GET", "/api/models/", 404),
        ("GET", "/api/models/a/b/c", 404),
        ("GET", "/api/models/acme/base/revision/main/x", 404),
        ("GET", "/api/models/acme/base/commits/main", 404),
        ("GET", "/api/agent-harnesses", 404),
        ("GET", "/acme/base", 404),
        ("GET", "/api/models/acme/base/paths-info/main", 405),
        ("POST", "/api/models", 405),
        ("DELETE", "/api/models/acme/base", 405),
    ],
)
def test_addresses_that_mean_nothing(client: httpx.Client, method: str, place: str, status: int) -> None:
    """Other addresses and methods are refused as JSON."""
    answer = client.request(method, place)
    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("place", "bucket", "quota"),
    [
        ("/api/models?limit=1", "api", 500),
        ("/api/models?sort=nope", "api", 500),
        ("/api/models/nobody/nothing", "api", 500),
        ("/acme/base/resolve/main/README.md", "resolvers", 3000),
        ("/models-json", "pages", 100),
        ("/nothing", "pages", 100),
    ],
)
def test_rate_limit_headers_are_on_every_answer(client: httpx.Client, place: str, bucket: str, quota: int) -> None:
    """The two headers have the form that the official client parses, whatever the answer."""
    answer = client.get(place)
    found = re.fullmatch(rf'"{bucket}";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
    assert found is not None
    assert 1 <= int(found[2]) <= 300
    assert answer.headers["RateLimit-Policy"] == f'"fixed window";"{bucket}";q={quota};w=300'


@pytest.mark.parametrize("place", ["/api/models", "/api/models/acme/base", "/models-json", "/api/models/nobody/x"])
def test_head_is_get_without_a_body(client: httpx.Client, place: str) -> None:
    """HEAD works wherever GET does, with the same status and length."""
    head, get = client.head(place), client.get(place)
    assert head.status_code == get.status_code
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    assert head.content == b""


def test_standing_headers_and_not_modified(client: httpx.Client) -> None:
    """Answers carry the Hub's type and ids; a known ETag is answered 304 without a body."""
    answer = client.get("/api/models/acme/base", headers={"X-Amzn-Trace-Id": "trace-7"})
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["X-Powered-By"] == "huggingface-moon"
    assert answer.headers["X-Request-Id"].endswith(";trace-7")
    assert answer.headers["ETag"].startswith('W/"')
    again = client.get("/api/models/acme/base", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_gzip_only_where_accepted_and_worth_it(client: httpx.Client) -> None:
    """A long answer is packed for those who take it; a short one and one for others are not."""
    long, short = "/api/models?full=true", "/api/models?limit=1"
    packed = client.get(long, headers={"Accept-Encoding": "gzip"})
    plain = client.get(long, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert "Content-Encoding" not in client.get(short, headers={"Accept-Encoding": "gzip"}).headers
