"""The official client, driven against the sandbox Hub in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.hub.repo import File, Repo

SCRIPT = Path(__file__).with_name("official_client.py")
README = "---\nlicense: mit\n---\n# Né\n"
NEWEST = ["acme/long", "acme/model-with-likes", "legacy", "acme/gated", "acme/quiet", "acme/tuned", "acme/base"]


@pytest.fixture(scope="module")
def found(
    zoo: tuple[Repo, ...],
    make_repo: Callable[..., Repo],
    make_file: Callable[..., File],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """Run the client once and give what it found."""
    files = tuple(make_file(f"{number}.txt", "x") for number in range(1001))
    quiet = dict.fromkeys(("HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_UPDATE_CHECK", "HF_HUB_DISABLE_XET"), "1")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING_FACE_"))}
    with serve(RepoStore([*zoo, make_repo("acme/long", 60, likes=0, files=files)])) as hub:
        home = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path_factory.mktemp("hf")), "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(
            [sys.executable, str(SCRIPT)],
            env=clean | quiet | home,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


def test_listings(found: dict[str, Any]) -> None:
    """Listing, filters, author, pages, full and expanded records read as the client reads the Hub's."""
    listings = found["listings"]
    assert listings["all"] == NEWEST
    assert listings["paginated"] == [NEWEST[0:2], NEWEST[2:4], NEWEST[4:6], NEWEST[6:]]
    assert listings["filtered"] == ["acme/model-with-likes"]
    assert listings["author"] == ["acme/gated", "acme/quiet"]
    assert listings["full"] == [f"{60:040x}", f"{8:040x}"]
    assert listings["private"] == ["vault/secret"]
    by_id = {name: (bases, children) for name, bases, children in listings["expanded"]}
    assert by_id["acme/tuned"][0]["relation"] == "finetune"
    assert by_id["acme/quiet"] == (None, {"merge": 1})


def test_single_models(found: dict[str, Any]) -> None:
    """Former ids and wrong case lead to the model; revisions, blobs and expand are understood."""
    models = found["models"]
    assert models["renamed"] == models["case"] == "acme/base"
    assert models["revision"] == f"{1:040x}"
    assert models["expanded"]["models"][0]["id"] == "acme/base"
    assert models["lfs"] == [4_943_162_336, "c" * 64, 135]
    assert models["exists"] == [True, False]
    assert models["whoami"] == "sandbox-free"
    assert models["tags"] == ["language", "library", "other", "pipeline_tag", "region"]


def test_files(found: dict[str, Any]) -> None:
    """Trees over several pages, single paths, HEAD of a pointer, README through the redirects, weights by the CDN."""
    files = found["files"]
    assert sorted(files["tree"]) == ["README.md", "config.json", "model.safetensors", "onnx", "onnx/model.onnx"]
    assert files["tree_lfs"] == "c" * 64
    assert sorted(files["paths"]) == ["README.md", "onnx"]
    assert files["long_tree"] == 1001
    assert files["head"] == ["c" * 64, 4_943_162_336, f"{1:040x}"]
    assert files["readme"] == files["renamed_readme"] == README
    assert files["gated_card"] == {"license": "mit"}
    assert files["weights"] == 2048


def test_scores(found: dict[str, Any]) -> None:
    """Leaderboards with and without derivatives, benchmarks and a model's own results read as the client reads them."""
    scores = found["scores"]
    assert scores["all"] == [
        [1, "acme/tuned", 0.9, True, None, None],
        [2, "acme/model-with-likes", 0.4, False, 44, "no tools"],
    ]
    assert scores["author"] == "Organization"
    assert scores["default"] == ["acme/model-with-likes"]
    assert "openai/gsm8k" in scores["benchmarks"]
    assert scores["results"] == [["kestrelworks/sums", "sums", 0.9, "2026-05-02"]]
    assert (scores["without"]["class"], scores["without"]["status"]) == ("HfHubHTTPError", 404)
    assert (scores["missing"]["class"], scores["missing"]["status"]) == ("RepositoryNotFoundError", 404)


def test_uploads(found: dict[str, Any]) -> None:
    """A data set is created once, committed to, read at each commit, and closed to readers and to stale commits."""
    uploads = found["uploads"]
    assert uploads["again"]
    assert uploads["read"] == ["---\nlicense: mit\n---\n# Rows\n", "first", "second"]
    assert uploads["newest"]
    assert uploads["files"] == [["data/rows.parquet", 6, True]]
    assert [uploads[case]["status"] for case in ("stale", "reader")] == [412, 403]
    assert uploads["bad_card"]["class"] == "ValueError"


@pytest.mark.parametrize(
    ("case", "name", "status"),
    [
        ("missing_anonymous", "HfHubHTTPError", 401),
        ("missing_token", "RepositoryNotFoundError", 404),
        ("bad_token", "HfHubHTTPError", 401),
        ("revision", "RevisionNotFoundError", 404),
        ("entry", "RemoteEntryNotFoundError", 404),
        ("tree_entry", "RemoteEntryNotFoundError", 404),
        ("gated_anonymous", "GatedRepoError", 401),
        ("gated_token", "GatedRepoError", 403),
        ("disabled", "DisabledRepoError", 403),
        ("expand", "BadRequestError", 400),
        ("sort", "BadRequestError", 400),
    ],
)
def test_errors(found: dict[str, Any], case: str, name: str, status: int) -> None:
    """Each refusal becomes the client's own class; the un-coded 401 is plain because the address is not https."""
    assert (found["errors"][case]["class"], found["errors"][case]["status"]) == (name, status)


def test_the_messages_are_the_hubs(found: dict[str, Any]) -> None:
    """The client shows the message that the server put into its header."""
    assert "Invalid credentials in Authorization header" in found["errors"]["bad_token"]["message"]
    assert "Access to model acme/gated is restricted" in found["errors"]["gated_anonymous"]["message"]
    assert "RepositoryNotFoundError" in found["errors"]["gated_token"]["bases"]
