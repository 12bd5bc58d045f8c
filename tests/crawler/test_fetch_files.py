"""`--deep`: trees and files are fetched of models without a parent, give edges with their evidence, and only once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from crawler.hub.repository import Absent, fetch_file
from crawler.scope import Scope
from lineage.output.crawl_events import CrawlRemark
from sandbox.catalogue.file_hashes import small_file
from sandbox.catalogue.gguf import write_head
from sandbox.hub.repo import File, Repo
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from crawler.http.hub_client import HubClient
    from tests.crawler.conftest import Laboratory

DEEP = Scope(domains=("medical",), deep=True)
TREES = "/tree/"


def model(number: int, name: str, *tags: str, **files: str) -> Repo:
    """Return a model with small files."""
    stamp = "2026-01-01T00:00:00.000Z"
    record: dict[str, object] = {
        "_id": f"6{number:023x}",
        "id": name,
        "createdAt": stamp,
        "lastModified": stamp,
        "sha": f"{number:040x}",
        "tags": list(tags),
    }
    paths = {"card": "README.md", "adapter": "adapter_config.json", "merge": "mergekit_config.yml"}
    small = [small_file(paths[key], text.encode()) for key, text in files.items()]
    weights = File(path="model.safetensors", size_bytes=10**9, oid="c" * 40, lfs_oid="d" * 64)
    return Repo(record=record, files=(*small, weights))


@pytest.fixture
def repo_store(lab: Laboratory) -> RepoStore:
    """Return a family whose parents are told by files alone."""
    return RepoStore(
        [
            model(1, "maple/base"),
            model(2, "maple/medical-card", "medical", "clinical", card="---\nbase_model: maple/base\n---\n# A\n"),
            model(3, "maple/medical-lora", "medical", "clinical", adapter='{"base_model_name_or_path": "maple/base"}'),
            model(4, "maple/medical-merge", "medical", "clinical", merge="models:\n  - model: maple/found\n"),
            model(5, "maple/found", card="---\nbase_model: maple/base\n---\n"),
            model(6, "maple/medical-known", "medical", "clinical", "base_model:maple/base", card="# B"),
            model(7, "maple/medical-silent", "medical", "clinical", card="# C"),
            model(8, "maple/medical-clinical-root", card="# D"),
            model(
                9,
                "maple/medical-child",
                "medical",
                "clinical",
                card="---\nbase_model: maple/medical-clinical-root\n---\n",
            ),
        ],
        now=lab.now,
    )


def test_files_tell_parents(repo_store: RepoStore, lab: Laboratory) -> None:
    """Card, adapter and merge files give edges, ancestors so found are fetched too, and a second crawl asks nothing."""
    with serve(repo_store) as hub:
        lab.crawl(hub.url, DEEP)
        asked = [unquote(one.target) for one in hub.requests]
        assert len(asked) == len(set(asked))
        looked_into = {one.partition("/tree/")[0].removeprefix("/api/models/") for one in asked if TREES in one}
        edges = {
            (child, parent): evidence for child, parent, evidence in lab.rows("edges", "child", "parent", "evidence")
        }
        assert edges == {
            ("maple/medical-card", "maple/base"): "card",
            ("maple/medical-lora", "maple/base"): "adapter_config",
            ("maple/medical-merge", "maple/found"): "mergekit",
            ("maple/found", "maple/base"): "card",
            ("maple/medical-known", "maple/base"): "tag",
            ("maple/medical-child", "maple/medical-clinical-root"): "card",
        }
        assert "maple/medical-known" not in looked_into
        assert {"maple/medical-silent", "maple/medical-clinical-root"} <= looked_into
        assert {"maple/base", "maple/found"} <= {name for (name,) in lab.rows("models", "id")}
        assert ("maple/medical-silent", "model.safetensors", "d" * 64) in lab.rows(
            "file_hashes", "model", "path", "lfs_oid"
        )
        ((requests,),) = lab.rows("crawls", "requests")
        assert requests == len(hub.requests)
        before = lab.content()
        lab.pass_days(1)
        hub.requests.clear()
        lab.crawl(hub.url, DEEP)
        assert len(hub.requests) == 2
        assert lab.content() == before
        repo_store.change("maple/medical-silent", files=(), touch=True)
        lab.pass_days(1)
        hub.requests.clear()
        lab.crawl(hub.url, DEEP)
        assert sum(TREES in one.target for one in hub.requests) == 1


def test_a_crawl_of_the_whole_hub_may_be_deep_too(repo_store: RepoStore, lab: Laboratory) -> None:
    """`--all --deep` follows up the models of every domain; without `--deep` it asks for nothing but pages."""
    with serve(repo_store) as hub:
        lab.crawl(hub.url, Scope())
        assert len(hub.requests) == 2
        lab.crawl(hub.url, Scope(deep=True))
        assert sum(TREES in one.target for one in hub.requests) >= 5
    assert ("maple/medical-card", "maple/base") in lab.rows("edges", "child", "parent")


def test_half_a_file_is_asked_for_again(
    repo_store: RepoStore, lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that was cut is known by the size in its tree: where every first answer is cut the content is the same."""
    asked: set[tuple[str, str]] = set()

    def halve_at_first(client: HubClient, model: str, revision: str, path: str, limit_bytes: int) -> bytes | Absent:
        whole = fetch_file(client, model, revision, path, limit_bytes)
        if isinstance(whole, Absent) or (model, path) in asked:
            return whole
        asked.add((model, path))
        return whole[: len(whole) // 2]

    with serve(repo_store) as hub:
        lab.crawl(hub.url, DEEP, name="undisturbed")
        monkeypatch.setattr("crawler.fetch_files.fetch_file", halve_at_first)
        lab.crawl(hub.url, DEEP)
    assert len(asked) == 7
    assert lab.content() == lab.content("undisturbed")


def test_a_file_that_is_never_whole_is_asked_for_another_day(
    repo_store: RepoStore, lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that is cut each time is not stored, nor filed as absent."""
    monkeypatch.setattr("crawler.fetch_files.fetch_file", lambda *_: b"cut off")
    with serve(repo_store) as hub:
        events = lab.crawl(hub.url, DEEP)
    assert any(isinstance(event, CrawlRemark) and "as long as its tree" in event.text for event in events)
    assert {path for (path,) in lab.rows("files", "path")} <= {""}


def test_what_could_not_be_read_is_asked_for_another_day(repo_store: RepoStore, lab: Laboratory) -> None:
    """A tree that fails to the last attempt is remarked, not filed as absent: the next crawl asks again."""
    passing = Absent(reason="status 503 each time", is_passing=True)
    with serve(repo_store) as hub:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("crawler.fetch_files.fetch_tree", lambda *_: passing)
            events = lab.crawl(hub.url, DEEP)
        assert lab.rows("files") == []
        assert sum(isinstance(event, CrawlRemark) for event in events) == 6
        lab.pass_days(1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("crawler.fetch_files.fetch_file", lambda *_: passing)
            lab.crawl(hub.url, DEEP)
        assert lab.rows("files", "model", "path") == [("maple/base", "")]
        lab.pass_days(1)
        lab.crawl(hub.url, DEEP)
    assert ("maple/medical-card", "maple/base") in lab.rows("edges", "child", "parent")


def copied(number: int, name: str, *, base: str, parts: tuple[str, ...] = ("notes.Q4_K_M.gguf",)) -> Repo:
    """Return a model of GGUF files alone, of which the smallest tells its base in its head."""
    told = [("general.base_model.0.repo_url", f"https://huggingface.co/{base}")]
    files = [
        File(path=path, size_bytes=10**9 - place, oid="e" * 40, lfs_oid=f"{number:064x}", head=write_head(told))
        for place, path in enumerate(parts)
    ]
    repo = model(number, name, "medical", "clinical", "gguf")
    return Repo(record={**repo.record, "createdAt": f"2026-01-{number:02}T00:00:00.000Z"}, files=tuple(files))


def test_the_head_of_a_gguf_file_tells_the_parent(lab: Laboratory) -> None:
    """One ranged read a model, of the file that holds a model; what it tells is evidence of its own."""
    parts = ("mmproj-notes.gguf", "b-00002-of-00003.gguf", "b-00001-of-00003.gguf", "mmproj-tiny.gguf")
    repos = [model(1, "maple/base"), copied(2, "elm/medical-notes-quants", base="maple/base", parts=parts)]
    with serve(RepoStore(repos, now=lab.now)) as hub:
        lab.crawl(hub.url, DEEP)
        asked = [unquote(one.target) for one in hub.requests if "gguf" in one.target]
    assert {one.rpartition("/")[2] for one in asked} == {"b-00001-of-00003.gguf"}
    assert len(asked) == 2
    assert lab.rows("edges", "child", "parent", "relation", "evidence", "inferred") == [
        ("elm/medical-notes-quants", "maple/base", "quantized", "gguf", False)
    ]
    ((content,),) = [(text,) for path, text in lab.rows("files", "path", "content") if path.endswith(".gguf")]
    assert content == '{"general.base_model.0.repo_url": "https://huggingface.co/maple/base"}'


def test_a_head_that_skips_a_step_does_not_hide_the_original(lab: Laboratory) -> None:
    """Converters write the base of the model that they convert: where its name is known the copy hangs under it."""
    tuned = "base_model:finetune:maple/base-7b"
    repos = [
        model(1, "maple/base-7b"),
        model(2, "maple/medical-notes-7b", "medical", tuned),
        copied(3, "elm/medical-notes-7b-GGUF", base="maple/base-7b"),
        copied(4, "elm/medical-words-GGUF", base="maple/base-7b"),
    ]
    with serve(RepoStore(repos, now=lab.now)) as hub:
        lab.crawl(hub.url, DEEP)
    edges = lab.rows("edges", "child", "parent", "evidence")
    assert ("elm/medical-notes-7b-GGUF", "maple/medical-notes-7b", "name") in edges
    assert ("elm/medical-words-GGUF", "maple/base-7b", "gguf") in edges
    assert len(edges) == 3
    assert ("elm/medical-notes-7b-GGUF", "maple/base-7b", "gguf") in lab.rows("evidence", "child", "parent", "kind")
