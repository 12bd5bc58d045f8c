"""How models are named in bills, and that the names of properties are documented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lineage.exports.provenance_words import address, edge_words, identity_words, purl, remarks
from lineage.profile import ModelFacts, Topic
from lineage.scores.score import Identity
from lineage.vocabulary import Against, Verdict

if TYPE_CHECKING:
    from tests.lineage.conftest import Album

PAGE = Path(__file__).resolve().parents[3] / "docs" / "exports.md"


@pytest.mark.parametrize(
    ("name", "revision", "expected"),
    [
        ("oak/a", "ab12", "pkg:huggingface/oak/a@ab12"),
        ("oak/a", None, "pkg:huggingface/oak/a"),
        ("bert-base", None, "pkg:huggingface/bert-base"),
        ("oak/a b?#@", None, "pkg:huggingface/oak/a%20b%3F%23%40"),
        ("a/b/c", None, None),
        ("oak/", None, None),
        ("", None, None),
    ],
)
def test_package_urls(name: str, revision: str | None, expected: str | None) -> None:
    """Organisation, name and commit, everything else escaped; None for what can be no id."""
    assert purl(ModelFacts(id=name, status="present", revision=revision)) == expected


def test_addresses_hold_no_letter_that_means_something_else() -> None:
    """Whatever the name, only unreserved letters, escapes and slashes."""
    assert re.fullmatch(r"https://huggingface\.co/[\w.~/%-]+", address("oak/\u202e\ud800\x00 <>\"'&?#%"))


def test_parents_say_who_declares_them(album: Album) -> None:
    """A person's edge has no text; a guessed one names its rule."""
    assert edge_words(album.parent("oak/a", evidence="human", declared_as=None)) == (
        "finetune of oak/a: declared by human, 97% sure"
    )
    assert "inferred, not declared, by common name" in edge_words(album.parent("oak/a", inferred=True))


def test_an_interval_stays_within_the_range(album: Album) -> None:
    """Of a score near its end; without an error there is none."""
    assert album.score(value=0.01, stderr=0.02).interval == pytest.approx((0.0, 0.0491993))
    assert album.score(stderr=None).interval is None


def test_what_makes_a_score_comparable_is_told(album: Album) -> None:
    """All that is known of the identity, nothing of what is not."""
    identity = Identity(name="harm", judge="cedar/judge", template="chat")
    words = identity_words(album.score(identity=identity, instrument=identity.key, items=1200))
    assert words == f"{identity.key}; items 1,200; judge cedar/judge; template chat; state measured; source lm-eval"


def test_every_property_is_documented(album: Album) -> None:
    """The table of the page has every name, with what varies in capitals."""
    drift = tuple(
        album.drift("oak/a", Verdict.WORSE, 4.0, against=against, reference=f"oak/{against.value}")
        for against in Against
    )
    topics = (Topic(domain="legal", basis="own", confidence=0.9, signals=("name:legal",)),)
    album.add("oak/a", facts={"last_seen_at": album.seen}, topics=topics, drift=drift)
    told = {one.name for one in remarks(album.by_id["oak/a"])}
    names = {re.sub(r"harm@[0-9a-f]+", "INSTRUMENT", name).replace("legal", "DOMAIN") for name in told}
    page = PAGE.read_text("utf-8")
    bare = {name for name in names if not re.search("-from-.*:(points|because)", name)}
    assert len(bare) == 9
    assert {name for name in bare if f"`{name}`" not in page} == set()


def test_drift_is_said_once_where_the_ancestors_are_one(album: Album) -> None:
    """Against parent and root only where these are other models than the nearest scored ancestor."""
    drift = tuple(album.drift("oak/a", Verdict.WORSE, 4.0, against=against) for against in Against)
    told = [one.name for one in remarks(album.add("oak/a", drift=drift).by_id["oak/a"])]
    assert not any("-from-" in name for name in told)
    assert len([name for name in told if name.startswith("lineage:drift:")]) == 3
