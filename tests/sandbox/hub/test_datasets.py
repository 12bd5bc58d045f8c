"""The sandbox Hub's benchmarks: who stands on a leaderboard, who is hidden by default, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.catalogue import generate, true_values
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.hub.repo import Repo

BOARD = "/api/datasets/kestrelworks/sums/leaderboard"
TOKEN = {"Authorization": "Bearer hf_sandbox_free"}
OWNER = {"Authorization": "Bearer hf_sandbox_owner"}


def entry(value: object, **more: object) -> dict[str, object]:
    """Return an entry of `evalResults` on the sums."""
    data = {"dataset": {"id": "kestrelworks/sums", "task_id": "sums"}, "value": value}
    return {"filename": ".eval_results/sums.yaml", "verified": False, "data": data | more}


@pytest.fixture(scope="module")
def board_client(make_repo: Callable[..., Repo]) -> Iterator[httpx.Client]:
    """Give a client of a Hub with a base, two derivatives, a private model, and entries that cannot be ranked."""
    source = {"url": "https://example.org/logs", "name": "Logs"}
    community = entry(0.7, source=source, notes="no tools") | {"pullRequest": 4}
    broken = [entry("0.9"), {"filename": "x.yaml", "error": "no list"}, 7, {"data": {"dataset": {"id": "a"}}}]
    repos = [
        make_repo("acme/base", 1, evalResults=[entry(0.5) | {"verified": True}, *broken]),
        make_repo("acme/tuned", 2, cardData={"base_model": "acme/base"}, evalResults=[entry(0.4)]),
        make_repo("acme/linked", 3, baseModels={"relation": "finetune", "models": []}, evalResults=[community]),
        make_repo("acme/secret", 4, access="private", evalResults=[entry(0.99)]),
        make_repo("acme/odd", 5, evalResults="soon"),
    ]
    with serve(RepoStore(repos)) as hub, httpx.Client(base_url=hub.url) as client:
        yield client


def test_derivatives_are_hidden_unless_asked_for(board_client: httpx.Client) -> None:
    """By default only models without a base are ranked; `base_model=false` ranks all, the best first."""
    hidden, everybody = (board_client.get(f"{BOARD}{query}").json() for query in ("", "?base_model=false"))
    assert [row["modelId"] for row in hidden] == ["acme/base"]
    assert [(row["rank"], row["modelId"], row["value"]) for row in everybody] == [
        (1, "acme/linked", 0.7),
        (2, "acme/base", 0.5),
        (3, "acme/tuned", 0.4),
    ]
    assert board_client.get(f"{BOARD}?base_model=true").json() == hidden


def test_a_row_tells_whose_word_it_is(board_client: httpx.Client) -> None:
    """Verified, source, notes and the open pull request stand where the client expects them."""
    first, second, third = board_client.get(f"{BOARD}?base_model=False").json()
    assert (first["pullRequest"], first["notes"], first["source"]["name"]) == (4, "no tools", "Logs")
    assert second["verified"] is True
    assert third.keys() == {"rank", "modelId", "value", "filename", "verified", "author"}
    assert third["author"]["type"] == "org"


@pytest.mark.parametrize(
    ("dataset", "headers", "status"),
    [
        ("no/body", {}, 401),
        ("no/body", TOKEN, 404),
        ("vault/held-back", {}, 401),
        ("vault/held-back", TOKEN, 404),
        ("vault/held-back", OWNER, 200),
        ("orchard/lantern-dialogues", {}, 404),
        ("alder-group/unused-riddles", {}, 200),
        ("a/b/c", {}, 404),
    ],
)
def test_what_is_not_there_is_refused_as_models_are(
    board_client: httpx.Client, dataset: str, headers: dict[str, str], status: int
) -> None:
    """A data set that is missing or private is 401 to the anonymous and 404 to others; one may have no leaderboard."""
    answer = board_client.get(f"/api/datasets/{dataset}/leaderboard", headers=headers)
    assert answer.status_code == status
    coded = answer.headers.get("X-Error-Code")
    assert (coded == "RepoNotFound") == (status == 404 and bool(headers))


def test_benchmarks_are_listed_in_pages(board_client: httpx.Client) -> None:
    """`benchmark:official` lists the official benchmarks alone; pages of one join to the whole."""
    query = "/api/datasets?filter=benchmark:official"
    whole = [record["id"] for record in board_client.get(query).json()]
    assert whole == ["kestrelworks/sums", "openai/gsm8k", "TIGER-Lab/MMLU-Pro", "alder-group/unused-riddles"]
    pages: list[str] = []
    following: str | None = f"{query}&limit=1"
    while following:
        answer = board_client.get(following)
        pages += [record["id"] for record in answer.json()]
        following = answer.links.get("next", {}).get("url")
    assert pages == whole
    assert len(board_client.get("/api/datasets").json()) == 5
    assert len(board_client.get("/api/datasets", headers=OWNER).json()) == 6
    assert board_client.get("/api/datasets?cursor=x").status_code == 400
    assert board_client.get("/api/datasets?search=sums").status_code == 501


REPOS = generate()
TRUE = true_values()


def test_some_models_of_the_catalogue_report_results() -> None:
    """Between a tenth and a third of the models have a model index, as many eval results, and they are seeded."""
    for key in ("model-index", "evalResults"):
        share = sum(key in repo.record for repo in REPOS) / len(REPOS)
        assert 0.1 < share < 0.35
    assert [repo.record for repo in generate(seed=5)] == [repo.record for repo in generate(seed=5)]


def test_results_are_true_but_for_the_error_of_the_items() -> None:
    """What the leaderboard is said to have measured lies within five standard errors of the true value."""
    compared = 0
    for repo in REPOS:
        for dataset, value, items in _board_values(repo.record):
            true = TRUE[repo.id][dataset]
            assert abs(value / 100 - true) < 5 * (true * (1 - true) / items) ** 0.5 + 0.001
            compared += 1
    assert compared > 100


def test_derivatives_drift_from_their_parents() -> None:
    """Fine-tunes move by some points either way, and quantizations hardly."""
    moved = {"finetune": [0.0], "quantized": [0.0]}
    for repo in REPOS:
        bases: Any = repo.record.get("baseModels")
        if isinstance(bases, dict) and len(bases.get("models", [])) == 1 and repo.id in TRUE:
            (parent,) = bases["models"]
            if parent["id"] in TRUE and bases["relation"] in moved:
                moved[bases["relation"]].append(TRUE[repo.id]["truthful_qa"] - TRUE[parent["id"]]["truthful_qa"])
    assert max(moved["finetune"]) > 0.05
    assert min(moved["finetune"]) < -0.05
    assert max(map(abs, moved["quantized"])) < 0.05


def test_cards_are_odd_in_the_ways_of_real_ones() -> None:
    """Texts, lists and nulls stand among the values, and quantizations carry the results of their parent."""
    values = [metric["value"] for repo in REPOS for metric in _metrics(repo.record)]
    assert {type(value) for value in values} >= {float, str, list, type(None)}
    assert any(isinstance(value, float) and value < 1 for value in values)
    copied = [repo.id for repo in REPOS if _sources(repo.record) and not _sources(repo.record) <= {repo.id}]
    assert copied
    errors = [each for repo in REPOS for each in _entries(repo.record) if "error" in each]
    community = [each for repo in REPOS for each in _entries(repo.record) if "pullRequest" in each]
    assert errors
    assert community


def _results(record: dict[str, object]) -> list[dict[str, Any]]:
    index = record.get("model-index")
    found = index[0]["results"] if isinstance(index, list) else []
    return [each for each in found if isinstance(each.get("dataset"), dict) and "args" in each["dataset"]]


def _metrics(record: dict[str, object]) -> list[dict[str, Any]]:
    return [metric for result in _results(record) for metric in result["metrics"]]


def _sources(record: dict[str, object]) -> set[str]:
    return {each["source"]["url"].partition("query=")[2] for each in _results(record) if "source" in each}


def _board_values(record: dict[str, object]) -> list[tuple[str, float, int]]:
    items = {"truthful_qa": 817, "hellaswag": 10_042, "cais/mmlu": 14_042}
    return [
        (each["dataset"]["type"], each["metrics"][0]["value"], items[each["dataset"]["type"]])
        for each in _results(record)
        if _sources(record) == {record["id"]} and "source" in each
    ]


def _entries(record: dict[str, object]) -> list[dict[str, Any]]:
    found = record.get("evalResults")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
