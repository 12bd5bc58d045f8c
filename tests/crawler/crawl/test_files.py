"""A crawl of domains reads the files that may tell a parent: ancestors first, within a budget, each once a revision."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from crawler.budget import REQUESTS_PER_FILE
from crawler.hub import repository
from crawler.scope import Scope
from lineage.domains.lexicon_file import default_lexicon
from lineage.output.crawl_events import CrawlPlanned, CrawlRemark
from sandbox.catalogue import generate, truth
from sandbox.catalogue.file_hashes import small_file
from sandbox.hub.rate_limit import QuotaRules
from sandbox.hub.repo import Repo
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.output.crawl_events import CrawlEvent
    from sandbox.hub.run import RunningHub
    from tests.crawler.conftest import Laboratory

MEDICAL = Scope(domains=("medical",))
WORDS = ("medical", "clinical")
CARD = "README.md"


def model(number: int, name: str, *tags: str, gated: object = False, **files: object) -> Repo:
    """Return a model with a config.json, given as an object, and a README, given as text."""
    stamp = f"2026-01-{number:02}T00:00:00.000Z"
    config = files.get("config")
    record: dict[str, object] = {
        "_id": f"6{number:023x}",
        "id": name,
        "createdAt": stamp,
        "lastModified": stamp,
        "sha": f"{number:040x}",
        "tags": list(tags),
        "gated": gated,
        "library_name": "transformers",
        **({"config": {"model_type": "maple"}} if config is not None else {}),
        **({"gguf": files["gguf"]} if "gguf" in files else {}),
    }
    texts = {
        CARD: files.get("card", "# A model\n"),
        "config.json": None if config is None else json.dumps(config),
    }
    return Repo(
        record=record, files=tuple(small_file(path, str(text).encode()) for path, text in texts.items() if text)
    )


@pytest.fixture(name="repo_store")
def fixture_repo_store(lab: Laboratory) -> RepoStore:
    """Return a family whose root is a derivative, as only its configuration says, with two more generations."""
    return RepoStore(
        [
            model(1, "maple/base", config={"hidden_size": 64, "vocab_size": 9}),
            model(2, "maple/first", config={"_name_or_path": "maple/base", "hidden_size": 64}),
            model(3, "oak/other", config={"_name_or_path": "/data/other"}),
            model(4, "elm/medical-one", *WORDS, "base_model:maple/first"),
            model(5, "elm/medical-two", *WORDS, "base_model:elm/medical-one"),
            model(6, "elm/medical-three", *WORDS, "base_model:oak/other"),
            model(7, "elm/medical-alone", *WORDS, config={"_name_or_path": "maple/first"}),
            model(
                8, "elm/medical-tuned", *WORDS, "generated_from_trainer", config={},
                card="This model is a fine-tuned version of [maple/base](https://huggingface.co/maple/base).",
            ),
            model(9, "elm/medical-packed", *WORDS, "gguf", gguf={"total": 7, "architecture": "maple", "x": "y" * 999}),
        ],
        now=lab.now,
    )  # fmt: skip


@pytest.fixture(name="hub")
def fixture_hub(repo_store: RepoStore) -> Iterator[RunningHub]:
    """Serve the family."""
    with serve(repo_store) as hub:
        yield hub


def files_asked(hub: RunningHub) -> list[tuple[str, str]]:
    """Return the models and files that were requested, in order, and forget all requests."""
    targets = [unquote(one.target) for one in hub.requests]
    hub.requests.clear()
    found = [
        (one.partition("/resolve/")[0][1:], one.rpartition("/")[2])
        for one in targets
        if "/resolve/" in one and not one.startswith("/api/")
    ]
    facts = [(one.partition("?")[0].removeprefix("/api/models/"), "gguf") for one in targets if "expand=gguf" in one]
    return [*found, *(pair for pair in facts if "/" in pair[0])]


def planned(events: list[CrawlEvent]) -> CrawlPlanned:
    """Return the plan among the events."""
    return next(event for event in events if isinstance(event, CrawlPlanned))


def test_files_reveal_what_stands_above_a_root(hub: RunningHub, lab: Laboratory) -> None:
    """Configurations and cards give parents, also of ancestors, and no tree is listed; the shapes are kept."""
    lab.crawl(hub.url, MEDICAL, files=100)
    assert not [one.target for one in hub.requests if "/tree/" in one.target]
    assert set(files_asked(hub)) == {
        ("maple/first", "config.json"),
        ("maple/first", CARD),
        ("oak/other", "config.json"),
        ("oak/other", CARD),
        ("elm/medical-alone", "config.json"),
        ("elm/medical-tuned", CARD),
        ("elm/medical-packed", CARD),
        ("elm/medical-packed", "gguf"),
        ("maple/base", "config.json"),
        ("maple/base", CARD),
    }
    assert {
        (child, parent, evidence)
        for child, parent, evidence, inferred in lab.rows("edges", "child", "parent", "evidence", "inferred")
        if inferred
    } == {
        ("maple/first", "maple/base", "name_or_path"),
        ("elm/medical-alone", "maple/first", "name_or_path"),
        ("elm/medical-tuned", "maple/base", "readme"),
    }
    assert ("maple/base", 64, 9, None) in lab.rows("shapes", "model", "hidden_size", "vocabulary", "parameters")
    assert ("elm/medical-packed", None, None, 7) in lab.rows(
        "shapes", "model", "hidden_size", "vocabulary", "parameters"
    )
    (text,) = [content for path, content in lab.rows("files", "path", "content") if path == "?expand=gguf"]
    assert json.loads(text) == {"total": 7, "architecture": "maple"}


def test_an_unchanged_hub_is_asked_nothing_again(hub: RunningHub, repo_store: RepoStore, lab: Laboratory) -> None:
    """What was read at a revision is there for good; a new revision is read again."""
    lab.crawl(hub.url, MEDICAL, files=100)
    before = lab.content()
    files_asked(hub)
    lab.pass_days(1)
    lab.crawl(hub.url, MEDICAL, files=100)
    assert len(hub.requests) == 2
    assert files_asked(hub) == []
    assert lab.content() == before
    repo_store.change("oak/other", files=(small_file(CARD, b"# Other\n"),), touch=True)
    lab.pass_days(1)
    lab.crawl(hub.url, MEDICAL, files=100)
    assert set(files_asked(hub)) == {("oak/other", "config.json"), ("oak/other", CARD)}


def test_a_budget_goes_to_the_ancestor_of_most_first(hub: RunningHub, lab: Laboratory) -> None:
    """The next crawl goes on where the budget ended, and together they read what one large budget reads."""
    events = lab.crawl(hub.url, MEDICAL, files=2)
    assert files_asked(hub) == [("maple/first", "config.json"), ("maple/first", CARD)]
    assert any(isinstance(event, CrawlRemark) and "left for another crawl" in event.text for event in events)
    for _ in range(5):
        lab.pass_days(1)
        lab.crawl(hub.url, MEDICAL, files=3)
        assert len(files_asked(hub)) <= 4
    lab.crawl(hub.url, MEDICAL, files=100, name="at once")
    assert lab.content() == lab.content("at once")


def test_a_plan_tells_what_files_would_cost(hub: RunningHub, lab: Laboratory) -> None:
    """Before a first crawl it is an estimate; later the stored models are counted, each of which may name one more."""
    first = planned(lab.crawl(hub.url, MEDICAL, files=100, dry_run=True)).estimate.files
    assert not first.is_counted
    lab.crawl(hub.url, MEDICAL)
    assert files_asked(hub) == []
    lab.pass_days(1)
    second = planned(lab.crawl(hub.url, MEDICAL, files=100, dry_run=True)).estimate.files
    assert (second.models, second.files, second.api_requests, second.left) == (5, 9, 1 + 5, 0)
    assert second.is_counted
    lab.crawl(hub.url, MEDICAL, files=100)
    lab.pass_days(1)
    third = planned(lab.crawl(hub.url, MEDICAL, files=100, dry_run=True)).estimate.files
    assert (third.models, third.requests, third.left) == (0, 0, 0)


def test_a_gate_before_a_file_is_an_answer(lab: Laboratory) -> None:
    """A gated model shows its card and refuses the rest: that is kept for the revision, and not asked again."""
    card = "This model is a fine-tuned version of [maple/base](https://huggingface.co/maple/base)."
    repos = [
        model(1, "maple/base", config={}),
        model(2, "elm/medical-gated", *WORDS, gated="manual", config={"_name_or_path": "maple/other"}, card=card),
    ]
    with serve(RepoStore(repos, now=lab.now)) as hub:
        for _ in range(2):
            lab.crawl(hub.url, MEDICAL, files=100)
            lab.pass_days(1)
        assert files_asked(hub).count(("elm/medical-gated", "config.json")) == 1
    assert ("elm/medical-gated", "config.json", "GatedRepo") in lab.rows("files", "model", "path", "absent")
    assert ("elm/medical-gated", "maple/base", "readme") in lab.rows("edges", "child", "parent", "evidence")


def test_a_file_that_was_cut_is_known_by_its_hash(
    hub: RunningHub, lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a tree the hash in the response tells: where every first answer is cut the content is the same."""
    lab.crawl(hub.url, MEDICAL, files=100, name="undisturbed")
    whole, cut = repository._blob, set[bytes]()

    def doubt_at_first(content: bytes) -> str:
        if content in cut:
            return whole(content)
        cut.add(content)
        return whole(content[: len(content) // 2])

    monkeypatch.setattr(repository, "_blob", doubt_at_first)
    lab.crawl(hub.url, MEDICAL, files=100)
    assert len(cut) > 3
    assert lab.content() == lab.content("undisturbed")


def test_the_whole_hub_is_asked_for_files_only_where_wanted(hub: RunningHub, lab: Laboratory) -> None:
    """`--all` lists pages alone unless a number of files is given."""
    lab.crawl(hub.url, Scope())
    assert files_asked(hub) == []
    lab.pass_days(1)
    lab.crawl(hub.url, Scope(), files=100)
    assert ("maple/first", "config.json") in files_asked(hub)


def test_the_silent_roots_of_the_catalogue_are_found_within_two_windows(lab: Laboratory) -> None:
    """What only files tell of the roots is found as the catalogue means it, and the true roots get no parent."""
    roots = {name: fact for name, fact in truth().items() if str(fact.oddity).startswith("root_by_")}
    with serve(RepoStore(generate(), now=lab.now)) as hub:
        lab.crawl(hub.url, MEDICAL, files=100, lexicon=default_lexicon())
        spent = {bucket: hub.requests.count(bucket=bucket) for bucket in ("api", "resolvers")}
    found: dict[str, set[str]] = {name: set() for name in roots}
    for child, parent in lab.rows("edges", "child", "parent"):
        if child in found:
            found[child].add(parent)
    assert found == {name: {parent for parent, _ in fact.parents} for name, fact in roots.items()}
    assert {fact.evidence for fact in roots.values()} == {
        "name_or_path", "readme", "adapter_config", "mergekit", None
    }  # fmt: skip
    assert spent["api"] < 2 * 500
    assert spent["resolvers"] <= 100 * REQUESTS_PER_FILE


def test_a_default_crawl_stays_within_two_windows_of_the_quota(lab: Laboratory) -> None:
    """Files that the API tells of, and models that files name, get what the listings leave."""
    repos = [model(1, "maple/base", config={})]
    seven = range(2, 9)
    for number in seven:
        head = {"total": number, "architecture": "maple"}
        card = (
            f"This model is a fine-tuned version of [oak/number-{number}](https://huggingface.co/oak/number-{number})."
        )
        repos += [
            model(number, f"elm/medical-packed-{number}", *WORDS, "gguf", gguf=head),
            model(number + 20, f"elm/medical-tuned-{number}", *WORDS, "generated_from_trainer", card=card),
            model(number + 40, f"oak/number-{number}", config={}),
        ]
    repo_store = RepoStore(repos, now=lab.now)
    with serve(repo_store) as hub:
        lab.crawl(hub.url, MEDICAL, name="bare")
        listing = hub.requests.count(bucket="api")
    window = (listing + 9) // 2
    plans: Any = {"anonymous": {"api": window, "resolvers": 3_000, "pages": 100}}
    with serve(repo_store, quota=QuotaRules(is_enforced=True, plans=plans), clock=lab.clock) as hub:
        plan = planned(lab.crawl(hub.url, MEDICAL, files=None, dry_run=True)).estimate
        assert plan.files.windows == 2
        assert plan.files.api_requests <= max(0, 2 * window - plan.requests)
        lab.pass_days(1)
        hub.requests.clear()
        started = lab.clock()
        lab.crawl(hub.url, MEDICAL, name="default", files=None)
        spent = hub.requests.count(bucket="api")
        assert listing < spent <= 2 * window
        assert lab.clock() - started < 2 * 300
        asked = files_asked(hub)
        assert 1 <= sum(path == "gguf" for _, path in asked) <= 4
        assert {name for name, path in asked if path == CARD} >= {f"elm/medical-packed-{number}" for number in seven}
