"""The head of a GGUF file: what it tells of parents, and that nothing in it can do harm."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.parents.declared_ids import TEXT_LIMIT
from lineage.parents.gguf_header import KEYS_LIMIT, read_gguf_parents, read_head

STRING = 8
BASE = "general.base_model.0.repo_url"
NUMBERS = ((0, "B", 1), (1, "b", 1), (2, "H", 2), (3, "h", 2), (4, "I", 3), (5, "i", 3), (6, "f", 0.5), (7, "?", True))
LONG_NUMBERS = ((10, "Q", 7), (11, "q", 7), (12, "d", 0.5))


def text(value: str, order: str = "<", count: str = "Q") -> bytes:
    """Return a text with its length."""
    content = value.encode()
    return struct.pack(order + count, len(content)) + content


def pair(key: str, value: str, order: str = "<", count: str = "Q") -> bytes:
    """Return a key with a text."""
    return text(key, order, count) + struct.pack(order + "I", STRING) + text(value, order, count)


def head(*pairs: bytes, claimed: int | None = None, version: int = 3, order: str = "<", count: str = "Q") -> bytes:
    """Return the head of a file with these pairs."""
    pair_count = len(pairs) if claimed is None else claimed
    counts = struct.pack(f"{order}{count}{count}", 5, pair_count)
    return b"GGUF" + struct.pack(order + "I", version) + counts + b"".join(pairs)


@pytest.mark.parametrize(("version", "order", "count"), [(1, "<", "I"), (2, "<", "Q"), (3, "<", "Q"), (3, ">", "Q")])
def test_every_version_is_read(version: int, order: str, count: str) -> None:
    """Lengths have 4 bytes in version 1 and 8 since, numbers may have their bytes in the other order."""
    content = head(pair(BASE, "maple/base", order, count), version=version, order=order, count=count)
    assert read_head(content) == {BASE: "maple/base"}


def test_values_of_all_types_are_passed_over() -> None:
    """What stands before a telling text may be a number, a list of texts, or a list of lists."""
    numbers = [
        text("a") + struct.pack("<I", kind) + struct.pack("<" + code, value)
        for kind, code, value in (*NUMBERS, *LONG_NUMBERS)
    ]
    texts = text("b") + struct.pack("<IIQ", 9, STRING, 2) + text("x") + text("y")
    shorts = text("c") + struct.pack("<IIQ", 9, 2, 3) + bytes(6)
    lists = text("d") + struct.pack("<IIQIQ", 9, 9, 1, 0, 2) + bytes(2)
    content = head(*numbers, texts, shorts, lists, pair("general.name", "A"), pair("tokenizer.model", "no"))
    assert read_head(content) == {"general.name": "A"}


def test_what_was_read_before_the_end_counts() -> None:
    """The first bytes of a file end somewhere in its lists of tokens."""
    whole = head(pair(BASE, "maple/base"), text("tokens") + struct.pack("<IIQ", 9, STRING, 10**6), text("cut"))
    assert read_head(whole[:-2]) == {BASE: "maple/base"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GGUF",
        b"GGML" + bytes(40),
        head(struct.pack("<Q", 2**63) + b"key"),
        head(text("k") + struct.pack("<IIQ", 9, 0, 2**62)),
        head(text("k") + struct.pack("<I", 99), pair(BASE, "maple/base")),
        head(text("k") + b"".join(struct.pack("<IQ", 9, 1) for _ in range(9)) + bytes(8)),
        head(struct.pack("<Q", 2) + b"\xff\xfe"),
    ],
)
def test_nonsense_tells_nothing(content: bytes) -> None:
    """Lengths beyond the end, unknown types, lists too deep and keys that are no text end the reading."""
    assert read_head(content) == {}


def test_sizes_are_bounded() -> None:
    """However many keys there are and however long they are, little is kept."""
    found = read_head(
        head(*(pair(f"general.base_model.{number}.name", "x" * 9999) for number in range(KEYS_LIMIT + 9)))
    )
    assert len(found) == KEYS_LIMIT
    assert {len(value) for value in found.values()} == {TEXT_LIMIT}


@given(st.binary(max_size=400))
def test_no_bytes_raise(content: bytes) -> None:
    """Whatever the bytes, the answer is a mapping that can be kept as JSON and read again."""
    for one in (content, head(content, claimed=2**64 - 1)):
        read_gguf_parents(json.dumps(read_head(one)))


def test_the_source_goes_before_its_bases() -> None:
    """Bases are the parents of the model that was converted; where the source is named it is the parent."""
    bases = {"general.base_model.1.repo_url": "b/two", BASE: "a/one", "general.base_model.10.repo_url": "a/one"}
    assert read_gguf_parents(json.dumps(bases)) == ("a/one", "b/two")
    assert read_gguf_parents(json.dumps({**bases, "general.source.repo_url": "s/source"})) == ("s/source",)


@pytest.mark.parametrize("kept", ["", "[]", "[" * 9999, '{"general.source.repo_url": 1}', f'{{"{BASE}": " "}}'])
def test_a_text_of_another_form_names_nobody(kept: str) -> None:
    """What was kept may be broken; it raises nothing."""
    assert read_gguf_parents(kept) == ()
