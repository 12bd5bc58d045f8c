"""A page request as a checkpoint: written, read back, refused where it is not one."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.hub.expand import asked_keys
from crawler.hub.listing import PageRequest, first_page, keyset_cursor

words = st.text(max_size=20)
requests = st.builds(
    PageRequest,
    filters=st.lists(st.tuples(words, words), max_size=4).map(tuple),
    sort=st.sampled_from(["createdAt", "lastModified"]),
    limit=st.integers(1, 1000),
    full_limit=st.integers(1, 1000),
    good_pages=st.integers(0, 8),
    expand=st.sampled_from(["full", "without_lineage", "minimal", "none"]),
    cursor=st.none() | words,
    after=st.none() | words,
)


@given(requests)
def test_a_checkpoint_reads_back_as_it_was(request: PageRequest) -> None:
    """A request survives its JSON, which is one line."""
    text = request.to_json()
    assert PageRequest.from_json(text) == request
    assert "\n" not in text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | words, lambda inner: st.lists(inner) | st.dictionaries(words, inner)
    )
)
def test_a_foreign_checkpoint_is_refused(value: object) -> None:
    """Whatever is not a request's JSON raises ValueError and nothing else."""
    with pytest.raises(ValueError, match=r".*"):
        PageRequest.from_json(json.dumps(value))


@pytest.mark.parametrize("change", [{"sort": "likes"}, {"expand": "gguf"}, {"limit": "1"}, {"cursor": 5}, {"extra": 1}])
def test_a_checkpoint_of_another_version_is_refused(change: dict[str, Any]) -> None:
    """A checkpoint with a value that we do not know raises ValueError."""
    with pytest.raises(ValueError, match="not a page request"):
        PageRequest.from_json(json.dumps({**json.loads(first_page().to_json()), **change}))


def test_every_level_asks_for_what_identifies_a_record() -> None:
    """No level loses the keys that the store cannot do without."""
    for level in ("full", "without_lineage", "minimal", "none"):
        assert {"_id", "id", "createdAt", "lastModified", "sha", "tags", "cardData"} <= asked_keys(level)


def test_a_keyset_cursor_is_standard_base64() -> None:
    """The hand-built cursor decodes to the Hub's own query."""
    assert json.loads(base64.b64decode(keyset_cursor("x"), validate=True)) == {"_id": {"$lt": "x"}}
