"""The catalogue as a whole: repeatable, of the size asked for, with identities, dates, counts and files that agree."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
import yaml

from sandbox.catalogue import generate, truth
from sandbox.catalogue.bases import base_models

if TYPE_CHECKING:
    from sandbox.hub.repo import File, Repo

REPOS = generate()
TRUTH = truth()
BY_ID = {str(repo.record["id"]): repo for repo in REPOS}
SOUND = [repo for repo in REPOS if TRUTH[str(repo.record["id"])].oddity is None]


def _bytes(repos: tuple[Repo, ...]) -> bytes:
    return "\n".join(
        json.dumps([repo.record, repo.access, repo.former_ids, [(file.path, file.oid) for file in repo.files]])
        for repo in repos
    ).encode()


def _file(repo: Repo, path: str) -> File | None:
    return next((file for file in repo.files if file.path == path), None)


def _parents(record: dict[str, object]) -> list[str]:
    bases = record.get("baseModels")
    models = bases.get("models") if isinstance(bases, dict) else None
    return [model["id"] for model in models] if isinstance(models, list) else []


def _created_at(repo: Repo) -> datetime:
    return datetime.fromisoformat(str(repo.record["createdAt"]))


def test_equal_seeds_make_equal_bytes() -> None:
    """The same arguments give the same catalogue and truth, byte for byte."""
    assert _bytes(generate(seed=3)) == _bytes(generate(seed=3))
    assert truth(seed=3) == truth(seed=3)


def test_another_seed_makes_another_catalogue() -> None:
    """A seed moves the ordinary families, and leaves the ids of the oddities where they are."""
    other = truth(seed=1)
    assert other.keys() != TRUTH.keys()
    odd = {model for model, fact in TRUTH.items() if fact.oddity and not fact.oddity.startswith("undeclared_")}
    assert odd <= other.keys()


@pytest.mark.parametrize("models", [400, 600, 2_000])
def test_as_many_models_as_asked_for(models: int) -> None:
    """A catalogue has the size asked for, with no id or `_id` twice, and a truth for every model."""
    repos = generate(models=models)
    assert len(repos) == models
    assert len({str(repo.record["_id"]) for repo in repos}) == models
    assert {repo.record["id"] for repo in repos} == truth(models=models).keys()


def test_too_few_models_are_refused() -> None:
    """A size that does not cover the bases and oddities is refused with the least that does, and the least works."""
    with pytest.raises(ValueError, match=r"at least \d+ models, not 10") as refusal:
        generate(models=10)
    found = re.search(r"at least (\d+)", str(refusal.value))
    assert found is not None
    assert len(generate(models=int(found[1]))) == int(found[1])


def test_identities_carry_the_date_of_creation() -> None:
    """`_id` is 24 hex digits of which the first eight are `createdAt` in seconds, and the catalogue is in its order."""
    for repo in REPOS:
        identity = str(repo.record["_id"])
        assert re.fullmatch(r"[0-9a-f]{24}", identity)
        assert int(identity[:8], 16) == int(_created_at(repo).timestamp())
    assert [repo.record["_id"] for repo in REPOS] == sorted(str(repo.record["_id"]) for repo in REPOS)


def test_dates_spread_over_the_years() -> None:
    """Models are made in every year from 2022 to 2026 and change no earlier than they are made."""
    assert {_created_at(repo).year for repo in REPOS} == set(range(2022, 2027))
    for repo in SOUND:
        assert str(repo.record["lastModified"]) >= str(repo.record["createdAt"])
    assert BY_ID["maple-research/maple-base"].record["createdAt"] == "2022-03-02T23:29:04.000Z"


def test_every_record_is_json() -> None:
    """Every record can be written as JSON and read back, lone surrogates and deep nesting included."""
    for repo in REPOS:
        text = json.dumps(repo.record)
        assert text.isascii()
        assert json.dumps(json.loads(text)) == text


def test_ordinary_records_have_the_form_of_the_hub() -> None:
    """An ordinary record has sound values under the keys that every model has."""
    for repo in SOUND:
        record = repo.record
        assert re.fullmatch(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]{1,96}", str(record["id"]))
        assert record["modelId"] == record["id"]
        assert str(record["id"]).startswith(f"{record['author']}/")
        assert re.fullmatch(r"[0-9a-f]{40}", str(record["sha"]))
        assert isinstance(record["tags"], list)
        assert all(isinstance(record[key], int) for key in ("downloads", "likes", "downloadsAllTime", "usedStorage"))
        assert record["siblings"] == [{"rfilename": file.path} for file in repo.files]


def test_downloads_have_a_heavy_tail() -> None:
    """A few models have most of the downloads, as on the Hub."""
    downloads = sorted((int(str(repo.record["downloads"])) for repo in SOUND), reverse=True)
    assert sum(downloads[: len(downloads) // 10]) > sum(downloads) / 2
    assert downloads[len(downloads) // 2] < 1_000


def test_children_counts_equal_a_count_by_hand() -> None:
    """`childrenModelCount` is what one finds by asking every public model for its bases."""
    counts: Counter[tuple[str, str]] = Counter()
    for repo in REPOS:
        bases = repo.record["baseModels"]
        # Two records say their bases in a form that the Hub itself never holds.
        malformed = str(TRUTH[str(repo.record["id"])].oddity).startswith("base_models_")
        if malformed and repo.access == "public":
            counts["maple-research/maple-1b-instruct", "finetune"] += 1
        elif isinstance(bases, dict) and repo.access == "public":
            counts.update((parent, bases["relation"]) for parent in _parents(repo.record))
    for model, repo in BY_ID.items():
        if TRUTH[model].oddity != "children_of_number":
            expected = {each: counts[model, each] for each in ("adapter", "merge", "quantized", "finetune")}
            assert repo.record["childrenModelCount"] == expected


def test_bases_exist_and_keep_their_identity() -> None:
    """A model in `baseModels` is in the catalogue, to be seen by everybody, under the `_id` given there."""
    for repo in REPOS:
        bases = repo.record["baseModels"]
        if isinstance(bases, dict):
            for model in bases.get("models", []):
                assert BY_ID[model["id"]].record["_id"] == model["_id"]
                assert BY_ID[model["id"]].access != "private"


def test_former_ids_lead_to_one_model() -> None:
    """A former id belongs to one model and is no model's id of today."""
    former = [each for repo in REPOS for each in repo.former_ids]
    assert len(former) == len(set(former)) >= 7
    assert not set(former) & BY_ID.keys()
    assert "maple-base" in former


def test_files_hash_as_git_hashes_them() -> None:
    """A file's oid is git's blob hash of its content, and a large file has the sha256 of its bytes and no content."""
    for repo in REPOS:
        assert [file.path for file in repo.files] == sorted(file.path for file in repo.files)
        for file in repo.files:
            if file.content is None:
                assert file.lfs_oid is not None
                assert re.fullmatch(r"[0-9a-f]{64}", file.lfs_oid)
            else:
                blob = b"blob %d\0" % len(file.content) + file.content
                assert file.oid == hashlib.sha1(blob, usedforsecurity=False).hexdigest()
                assert (file.size_bytes, file.lfs_oid) == (len(file.content), None)


def test_readme_says_what_the_card_data_says() -> None:
    """The front matter of every README that is not odd itself reads back as `cardData`."""
    read = 0
    for model, repo in BY_ID.items():
        readme = _file(repo, "README.md")
        oddity = TRUTH[model].oddity or ""
        if readme is None or oddity.startswith(("readme_", "card_of_", "card_deeply")):
            continue
        _, block, _ = (readme.content or b"").decode().split("---\n", 2)
        assert json.dumps(yaml.safe_load(block)) == json.dumps(repo.record["cardData"])
        read += 1
    assert read > 500


def test_every_relation_and_format_is_there() -> None:
    """Fine-tunes, adapters, merges and quantizations of every format are among the ordinary models."""
    relations = {relation for fact in TRUTH.values() if fact.oddity is None for _, relation in fact.parents}
    assert relations == {"finetune", "adapter", "quantized", "merge"}
    tags = {tag for repo in SOUND for tag in repo.record["tags"]}  # type: ignore[attr-defined] # sound tags are a list
    assert {"gguf", "awq", "gptq", "bitsandbytes", "peft", "mergekit", "en", "fr", "zh", "region:us"} <= tags
    adapters = [repo for repo in SOUND if repo.record.get("library_name") == "peft"]
    assert all(_file(repo, "adapter_config.json") is not None for repo in adapters)
    merges = [repo for repo in SOUND if "mergekit" in str(repo.record["tags"])]
    assert all(_file(repo, "mergekit_config.yml") is not None for repo in merges)


def test_one_family_is_wide() -> None:
    """The family of one base is a fifth of the catalogue; some others are middling."""
    root_of: dict[str, str] = {}
    for base in base_models():
        if not base.parents:
            members = {base.id}
            while True:
                more = {model for model, fact in TRUTH.items() if members & {parent for parent, _ in fact.parents}}
                if more <= members:
                    break
                members |= more
            root_of |= dict.fromkeys(members, base.id)
    sizes = Counter(root_of.values())
    assert 110 <= sizes["maple-research/maple-7b"] <= 135
    assert sum(20 <= size <= 110 for size in sizes.values()) >= 4
