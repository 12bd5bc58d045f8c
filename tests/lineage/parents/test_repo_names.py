"""Names are read for what was appended to a copy's, and for sizes that contradict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.parents.repo_names import contradicts, read_shape, split_name, strip_copy, tells_size

WORDS = st.lists(st.sampled_from(["maple", "7", "b", "q", "k", "m", "gguf", "lora", "16", "onnx"]), max_size=9).map(
    tuple
)


@pytest.mark.parametrize(
    ("name", "original", "copy"),
    [
        ("elm/Maple-7B-GGUF", "maple 7 b", "quantization"),
        ("elm/Maple-7B-Q4_K_M-GGUF", "maple 7 b", "quantization"),
        ("elm/maple-7b-4.0bpw-h6-exl2", "maple 7 b", "quantization"),
        ("elm/maple-base-onnx", "maple base", "conversion"),
        ("elm/maple-base-qlora", "maple base", "adapter"),
        ("elm/maple-lora-GGUF", "maple", "quantization"),
    ],
)
def test_what_was_appended_comes_off(name: str, original: str, copy: str) -> None:
    """The original's name is among those that are left, with the kind of copy that the appended words tell."""
    found = {" ".join(stripped.words): stripped.copy for stripped in strip_copy(split_name(name))}
    assert found[original] == copy


def test_a_name_that_tells_of_no_copy_stays_whole() -> None:
    """Numbers and letters at the end are not stripped without a word of a format, nor is a length of context."""
    assert list(strip_copy(split_name("elm/maple-7b-v2"))) == []
    assert list(strip_copy(())) == []
    assert [" ".join(one.words) for one in strip_copy(split_name("elm/maple-16K-GGUF"))] == ["maple 16 k"]


@given(WORDS)
def test_what_is_left_begins_the_name(words: tuple[str, ...]) -> None:
    """Every stripped name is a shorter beginning of the whole one, and none is empty."""
    lengths = [len(stripped.words) for stripped in strip_copy(words)]
    assert all(stripped.words == words[: len(stripped.words)] for stripped in strip_copy(words))
    assert lengths == sorted(set(lengths), reverse=True)
    assert all(0 < length < len(words) for length in lengths)


@pytest.mark.parametrize(
    ("child", "parent", "expected"),
    [
        ("elm/maple-large-x", "maple/maple-base", True),
        ("elm/maple-7b-x", "maple/maple-13B", True),
        ("elm/maple-7b-x", "maple/maple-7.0b", False),
        ("elm/maple-cased-x", "maple/maple-uncased", True),
        ("elm/anything", "maple/maple-large", False),
        ("elm/maple-base-large-x", "maple/maple-large", False),
    ],
)
def test_other_sizes_contradict(child: str, parent: str, *, expected: bool) -> None:
    """Two names contradict only where both tell of a size, of parameters or of casing, and none of it is shared."""
    assert contradicts(read_shape(child), read_shape(parent)) is expected
    assert contradicts(read_shape(parent), read_shape(child)) is expected


def test_a_size_or_version_is_no_continuation() -> None:
    """`maple-medium` and `maple-2` are siblings of `maple`, not made from it."""
    assert tells_size(("medium",))
    assert tells_size(("v", "2"))
    assert not tells_size(("instruct",))
