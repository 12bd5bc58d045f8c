"""Parents as people write them."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.parents.declared_ids import DeclaredParent, TagDeclaration, Unread, is_possible_id, read_parents, read_tag
from lineage.vocabulary import Relation

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("name"), inner, max_size=3),
    max_leaves=12,
)
id_parts = st.text("abcXYZ09_", min_size=1, max_size=4)
ids = st.builds(lambda org, left, right: f"m{org}/x{left}-{right}", id_parts, id_parts, id_parts)


@pytest.mark.parametrize(
    ("written", "name", "form"),
    [
        ("maple/base-7b", "maple/base-7b", "id"),
        ("  maple/base-7b\n", "maple/base-7b", "id"),
        ("'maple/base-7b'", "maple/base-7b", "id"),
        ("maple/base-7b/", "maple/base-7b", "id"),
        ("maple/base-7b.", "maple/base-7b", "id"),
        ("old-base-uncased", "old-base-uncased", "bare"),
        ("https://huggingface.co/maple/base-7b", "maple/base-7b", "url"),
        ("http://www.huggingface.co/maple/base-7b/", "maple/base-7b", "url"),
        ("https://hf.co/maple/base-7b/resolve/main/model.bin?download=true", "maple/base-7b", "url"),
        ("huggingface.co/maple/base-7b/tree/main", "maple/base-7b", "url"),
        ("https://huggingface.co/maple/base-7b/blob/main/README.md#top", "maple/base-7b", "url"),
        ("https://huggingface.co/old-base/tree/main", "old-base", "url"),
        ("https://huggingface.co/old-base/raw/main/config.json", "old-base", "url"),
        ("https://huggingface.co/old-base/discussions/3", "old-base", "url"),
        ("https://huggingface.co/maple/raw", "maple/raw", "url"),
        ("https://huggingface.co/api/models/maple/base-7b", "maple/base-7b", "url"),
        ("https://huggingface.co/maple/base%2D7b?library=x", "maple/base-7b", "url"),
        ("hf://maple/base-7b@main", "maple/base-7b", "url"),
        ("[Base](https://huggingface.co/maple/base-7b)", "maple/base-7b", "url"),
        ("maple/base-7b/checkpoint-100", "maple/base-7b", "subpath"),
        ("maple/base-7b@main", "maple/base-7b", "subpath"),
    ],
)
def test_one_parent_is_read_in_each_form(written: str, name: str, form: str) -> None:
    """Each way of writing one id gives that id and says which way it was."""
    (read,) = read_parents(written)
    assert isinstance(read, DeclaredParent)
    assert (read.id, read.form) == (name, form)


@pytest.mark.parametrize(
    "written",
    [
        "maple/a, birch/b",
        "maple/a + birch/b",
        "maple/a+birch/b",
        "maple/a\nbirch/b",
        "maple/a and birch/b",
        "maple/a; https://hf.co/birch/b",
        "maple/a,\r\nbirch/b",
        "maple/a  and  birch/b",
        "maple/a ,, birch/b",
    ],
)
def test_several_parents_in_one_text_are_told_apart(written: str) -> None:
    """A text that lists ids gives each of them, and each remembers the whole text."""
    read = read_parents(written)
    assert [(one.id, one.form, one.text) for one in read if isinstance(one, DeclaredParent)] == [
        ("maple/a", "several", written),
        ("birch/b", "several", written),
    ]


@pytest.mark.parametrize(
    ("value", "reason", "hint"),
    [
        (None, "empty", None),
        ("", "empty", None),
        (" \t", "empty", None),
        ("None", "empty", None),
        ([], "empty", None),
        ({}, "empty", None),
        (7, "not text", None),
        (2.5, "not text", None),
        (True, "not text", None),
        ("7", "not text", None),
        ("2024-05-01", "not text", None),
        (dt.date(2024, 5, 1), "not text", None),
        ({"colour": "red"}, "not text", None),
        ([[[[["maple/a"]]]]], "not text", None),
        ("/root/models/Base-7B", "local path", "Base-7B"),
        ("./out", "local path", "out"),
        ("out/", "local path", "out"),
        ("C:\\models\\base", "local path", "base"),
        ("file:///data/base", "local path", "base"),
        ("~/base model", "local path", None),
        ("output/run/base", "local path", "base"),
        ("/c/hub/models--maple--base-7b/snapshots/0abc", "local path", "maple/base-7b"),
        ("https://example.org/maple/base", "another site", None),
        ("https://huggingface.co/datasets/maple/notes", "not a model", None),
        ("https://huggingface.co/", "impossible id", None),
        ("Kokoro 82M", "impossible id", None),
        ("research and development", "impossible id", None),
        ("maple/a, the best", "impossible id", None),
        ("maple/base--7b", "impossible id", None),
        ("maple/base.git", "impossible id", None),
        ("maple/" + "x" * 97, "impossible id", None),
    ],
)
def test_what_names_nobody_says_why(value: object, reason: str, hint: str | None) -> None:
    """A value without a parent comes back with its reason and, for a local path, a hint that is no id."""
    (read,) = read_parents(value)
    assert isinstance(read, Unread)
    assert (read.reason, read.hint) == (reason, hint)


def test_lists_and_mappings_are_read_through() -> None:
    """Each element of a list and the name inside a mapping count, in order."""
    read = read_parents(["maple/a", None, {"name": "birch/b"}, ["oak/c"]])
    assert [one.id if isinstance(one, DeclaredParent) else one.reason for one in read] == [
        "maple/a",
        "empty",
        "birch/b",
        "oak/c",
    ]


def test_a_value_that_json_cannot_show_is_still_reported() -> None:
    """A value nested beyond every limit is named by its type instead of failing."""
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    (read,) = read_parents(value)
    assert read == Unread(text="a list", reason="not text")


@given(json_values)
def test_no_json_value_fails(value: object) -> None:
    """Whatever a card holds, something comes back, and every id in it is possible."""
    read = read_parents(value)
    assert read
    assert all(is_possible_id(one.id) for one in read if isinstance(one, DeclaredParent))


@given(ids)
def test_an_id_reads_as_itself(name: str) -> None:
    """Every well-formed id is read as that id, alone and in a list of several."""
    assert read_parents(name) == (DeclaredParent(id=name, form="id", text=name),)
    assert [one.id for one in read_parents(f"{name}, maple/z") if isinstance(one, DeclaredParent)] == [name, "maple/z"]


@pytest.mark.parametrize(
    ("tag", "relation", "text"),
    [
        ("base_model:maple/a", None, "maple/a"),
        ("base_model: maple/a", None, "maple/a"),
        ("base_model:adapter:maple/a", Relation.ADAPTER, "maple/a"),
        ("base_model:adapter:/root/x", Relation.ADAPTER, "/root/x"),
        ("base_model:finetune", None, "finetune"),
        ("base_model:merge:", None, "merge:"),
        ("base_model:other:maple/a", None, "other:maple/a"),
        ("base_model:", None, ""),
    ],
)
def test_tags_declare_a_parent_and_perhaps_a_relation(tag: str, relation: Relation | None, text: str) -> None:
    """A relation is read from a tag only when a parent follows it."""
    assert read_tag(tag) == TagDeclaration(relation=relation, text=text)


def test_other_tags_declare_nothing() -> None:
    """A tag of another kind is None, also one that only starts alike."""
    assert [read_tag(tag) for tag in ("license:mit", "base_models:maple/a", "medical")] == [None, None, None]


def test_a_text_of_spaces_is_read_at_once() -> None:
    """A stranger's text costs its length: with work that grows with its square this would not end."""
    (read,) = read_parents(f"maple{' ' * 1_000_000}birch")
    assert read == Unread(text=f"maple{' ' * 495}", reason="impossible id")


def test_long_text_is_kept_short() -> None:
    """The text that is kept never exceeds the limit."""
    (read,) = read_parents({"x": "y" * 2000})
    assert len(read.text) == 500
    assert json.dumps(read.text)
