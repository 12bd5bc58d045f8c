"""Reading advisories of strangers: what names a model, which commits, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lineage.advisories.advisory import Advisory, AffectedModel, own_advisory, read_advisories
from lineage.advisories.osv_json import AdvisoryRefused
from lineage.errors import UsageError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HUB = "https://huggingface.co/"


def record(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of any JSON
    """Return a small sound record; `fields` replace or add keys."""
    return {"id": "x_OAK-1", "modified": "2026-03-01T00:00:00Z"} | fields


def read(*affected: object, **fields: object) -> Advisory:
    """Read a record with these entries of `affected`."""
    (one,) = read_advisories(json.dumps(record(affected=affected, **fields)).encode(), "a.json")
    return one


def ranged(*events: dict[str, str], repo: str = f"{HUB}oak/base") -> dict[str, object]:
    """Return an entry with one GIT range."""
    return {"ranges": [{"type": "GIT", "repo": repo, "events": list(events)}]}


WHOLE = AffectedModel(id="oak/base")


@pytest.mark.parametrize(
    ("entry", "models"),
    [
        ({"package": {"ecosystem": "Hugging Face", "name": "oak/base"}}, [WHOLE]),
        ({"package": {"ecosystem": "huggingface:models", "name": "oak/base"}, "versions": []}, [WHOLE]),
        ({"package": {"ecosystem": "Other", "name": "x", "purl": "pkg:huggingface/oak/base"}}, [WHOLE]),
        (
            {"package": {"ecosystem": "x", "name": "x", "purl": f"pkg:huggingface/oak%2Fbase@{COMMIT.upper()}?a=b"}},
            [AffectedModel(id="oak/base", commits=(COMMIT,))],
        ),
        ({"package": {"purl": "pkg:huggingface/oak/base?repository_url=https://hub.example"}}, []),
        ({"package": {"ecosystem": "PyPI", "name": "transformers"}, "versions": ["4.0"]}, []),
        (ranged({"introduced": "0"}), [WHOLE]),
        (ranged({"introduced": "0"}, repo=f"{HUB}oak/base.git"), [WHOLE]),
        (ranged({"introduced": "0"}, repo=f"{HUB}datasets/oak/base"), []),
        (ranged({"introduced": "0"}, repo="https://example.org/oak/base"), []),
        (
            ranged({"introduced": COMMIT}, {"last_affected": COMMIT}),
            [AffectedModel(id="oak/base", commits=(COMMIT,))],
        ),
        (
            ranged({"introduced": "0"}, {"fixed": COMMIT}),
            [AffectedModel(id="oak/base", commits=(), is_exact=False)],
        ),
        (
            {"package": {"ecosystem": "Hugging Face", "name": "oak/base"}, "versions": ["v1"]},
            [AffectedModel(id="oak/base", commits=("v1",), is_exact=False)],
        ),
        (
            {"package": {"ecosystem": "Hugging Face", "name": "oak/base"}, "versions": ["v1"]}
            | ranged({"introduced": "0"}),
            [WHOLE],
        ),
    ],
)
def test_a_model_is_named_in_three_ways(entry: object, models: list[AffectedModel]) -> None:
    """By a package, a package URL, or the address of its repository; other packages and other hubs name none."""
    assert list(read(entry).models) == models


def test_a_model_that_is_named_twice_is_one() -> None:
    """Capitals do not matter, commits come together, and where one entry means every commit they all are meant."""
    package = {"ecosystem": "Hugging Face", "name": "oak/base"}
    twice = read({"package": package, "versions": ["a" * 40]}, {"package": package, "versions": ["b" * 40]})
    assert twice.models == (AffectedModel(id="oak/base", commits=("a" * 40, "b" * 40)),)
    again = read({"package": package, "versions": ["v1"]}, {"package": package | {"name": "Oak/Base"}})
    assert again.models == (WHOLE,)


def test_a_record_of_ones_own_is_read_again() -> None:
    """It has an id of a local database, the times, and the commits that were given; an impossible id is refused."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    own = own_advisory("oak/base", at, summary="poisoned", commits=(COMMIT,), references=("https://a.example/b",))
    assert own.id.startswith("x_LINEAGE-2026-")
    assert (own.modified_at, own.published_at, own.withdrawn_at, own.summary) == (at, at, None, "poisoned")
    assert own.models == (AffectedModel(id="oak/base", commits=(COMMIT,)),)
    assert own_advisory("oak/base", at, summary="poisoned").models == (WHOLE,)
    with pytest.raises(UsageError, match="is no id"):
        own_advisory("oak/base?x", at, summary="poisoned")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "a.json: not JSON"),
        ("[" * 30 + "]" * 30, "nested more than 24 levels deep"),
        ("[" * 100_000, "nested too deeply"),
        ("7", "a.json: not an object"),
        ('{"id": "x", "id": "y"}', "a key stands twice"),
        ('{"id": NaN}', "NaN is no number"),
        ('{"id": 1e999}', "not JSON"),
        ('{"id": ' + "9" * 5000 + "}", "a number of too many digits"),
        ('{"id": "\\ud800"}', "not UTF-8 text"),
        (json.dumps([record(), record(id=None)]), r"\[1\].id: missing"),
        (json.dumps(record(id="a\x1b[2J")), "id: too long, or with hidden characters"),
        (json.dumps(record(modified=None)), "modified: missing"),
        (json.dumps(record(modified="yesterday")), "modified: not a time"),
        (json.dumps(record(modified="2026-03-01")), "modified: a time without a zone"),
        (json.dumps(record(summary=["x"])), "summary: not a text"),
        (json.dumps(record(affected={})), "affected: not a list"),
        (json.dumps(record(affected=[7])), r"affected\[0\]: not an object"),
        (json.dumps(record(affected=[{}] * 10_001)), "affected: more than 10,000 entries"),
        (
            json.dumps(record(affected=[{}, {"package": {"ecosystem": "Hugging Face", "name": "../../etc"}}])),
            r"affected\[1\].package.name: names no model",
        ),
        (json.dumps(record(affected=[ranged(repo=f"{HUB}a/b/c")])), r"affected\[0\].ranges\[0\].repo: names no model"),
        (json.dumps(record(details="x" * (1 << 20))), "larger than 1 MiB"),
    ],
)
def test_a_file_of_a_stranger_is_refused_with_its_place(text: str, problem: str) -> None:
    """Size, depth, what is no JSON or no OSV: the error names the file and the field."""
    with pytest.raises(AdvisoryRefused, match=problem):
        read_advisories(text.encode(), "a.json")
