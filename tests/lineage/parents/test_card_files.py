"""What files of strangers name as parents, whatever they hold."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.parents.card_files import read_adapter_config, read_card_parents, read_front_matter, read_mergekit_config
from lineage.parents.declared_ids import DeclaredParent, read_parents


def card(front_matter: str) -> str:
    """Return a README with a front matter."""
    return f"---\n{front_matter}\n---\n# A model\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"base_model_name_or_path": "maple/base"}', ("maple/base",)),
        ('{"base_model_name_or_path": "a\\ud800b"}', ("a\ufffdb",)),
        ('{"base_model_name_or_path": ""}', ()),
        ('{"base_model_name_or_path": ["maple/base"]}', ()),
        ("[]", ()),
        ("no JSON", ()),
        ("[" * 100_000, ()),
    ],
)
def test_an_adapter_names_its_base(text: str, expected: tuple[str, ...]) -> None:
    """Only a text is a name; whatever else stands there names nobody."""
    assert read_adapter_config(text) == expected


def test_a_merge_names_every_model_once() -> None:
    """Models stand in slices, lists and as base, and a model with an adapter on it names both."""
    text = """
    base_model: maple/base
    models:
      - model: maple/one+maple/lora
      - model: {model: {path: no}, model: maple/two}
    slices:
      - sources:
          - model: maple/one
            layer_range: [0, 16]
    tokenizer: {source: union}
    """
    assert read_mergekit_config(text) == ("maple/base", "maple/one", "maple/lora", "maple/two")


def test_a_merge_nested_beyond_reason_names_what_is_above() -> None:
    """Twenty levels are read."""
    assert read_mergekit_config("model: maple/base\nmodels: " + "[" * 40 + "{model: x/y}" + "]" * 40) == ("maple/base",)


def test_references_do_not_multiply_a_merge() -> None:
    """A small file whose references unfold to a billion entries is read in the time of its bytes."""
    levels = "\n".join(f"l{n + 1}: &l{n + 1} [{', '.join([f'*l{n}'] * 20)}]" for n in range(15))
    text = f"l0: &l0 [{{model: maple/base}}]\n{levels}\nself: &self [*self]"
    assert read_mergekit_config(text) == ("maple/base",)


@pytest.mark.parametrize(
    ("front_matter", "expected"),
    [
        ("base_model: maple/base", ['"maple/base"']),
        ("base_model: [maple/one, null, maple/two]", ['"maple/one"', '"maple/two"']),
        ("base_model: [[maple/one, 1], maple/two]", ['["maple/one"]', '"maple/two"']),
        ("base_model: {name: maple/one, size: 7}", ['{"name": "maple/one"}']),
        ("base_model: {2024-01-01: maple/one}", ['{"2024-01-01": "maple/one"}']),
        ("base_model: 2024-01-01", ['"2024-01-01"']),
        ("base_model: 5", ["5"]),
        ("base_model: 1.5", ["1.5"]),
        ("base_model: true", ["true"]),
        ("base_model: .nan", ["0"]),
        ("base_model: 0x" + "f" * 5000, ["0"]),
        ('base_model: "a\\ud800"', ['"a\\ufffd"']),
        ("base_model: &self [*self]", ["[]"]),
        ("base_model: !!bool maybe", []),
        ("base_model:", []),
        ("license: mit", []),
        ("- a list", []),
        ("{", []),
    ],
)
def test_a_card_names_its_parents_as_json(front_matter: str, expected: list[str]) -> None:
    """Each element of `base_model` comes as the JSON that a record would have, never as something JSON cannot hold."""
    assert list(read_card_parents(card(front_matter))) == expected
    assert all(json.loads(text) is not None for text in expected)


def test_what_mappings_take_over_does_not_multiply() -> None:
    """Mappings that take over each other many times are left out, before they fill the memory; a few are read."""
    levels = [f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 9)}]}}" for level in range(1, 30)]
    assert read_front_matter(card("\n".join(["a0: &a0 {base_model: a/b}", *levels]))) == {}
    assert read_mergekit_config("\n".join(["a0: &a0 {model: a/b}", *levels])) == ()
    taken = read_front_matter(card("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  x: 3\nc: {<<: [*a, {z: 4}]}"))
    assert taken == {"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 2}, "c": {"x": 1, "y": 2, "z": 4}}
    assert read_front_matter(card("a: &a {<<: *a}")) == {}


def test_a_card_of_a_million_parents_is_bounded() -> None:
    """At most a thousand elements are read, also where references unfold to more."""
    levels = "\n".join(f"l{n + 1}: &l{n + 1} [{', '.join([f'*l{n}'] * 20)}]" for n in range(9))
    text = card(f"l0: &l0 [maple/base]\n{levels}\nbase_model: [{'*l9, ' * 1500}]")
    assert len(read_card_parents(text)) == 1000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\na: 1\n---\n", {"a": 1}),
        ("\n\n---\r\na: 1\r\n---\r\nbody", {"a": 1}),
        ("---\na: 1\n---", {"a": 1}),
        ("---\n1: one\n---\n", {"1": "one"}),
        ("# no front matter\n---\na: 1\n---\n", {}),
        ("---\na: 1\n", {}),
        ("---\n!!python/object/apply:os.getcwd []\n---\n", {}),
        ("---\n!!timestamp nonsense\n---\n", {}),
        ("---\n!!int ''\n---\n", {}),
        ("---\na: \x00\n---\n", {}),
        ("---\n" + "[" * 5000 + "\n---\n", {}),
        ("", {}),
    ],
)
def test_a_front_matter_is_read_or_empty(text: str, expected: dict[str, object]) -> None:
    """Whatever is no mapping of plain values at the top of a card is no metadata, and builds nothing."""
    assert read_front_matter(text) == expected


TAGS = st.sampled_from(
    ["!!int", "!!float", "!!bool", "!!timestamp", "!!binary", "!!set", "!!omap", "!!null", "!x", "&a", "*a", "?"]
)


@given(
    st.lists(
        TAGS | st.text(max_size=6) | st.sampled_from(["base_model:", "[", "]", "{", "}", "- ", "\n", " "]), max_size=12
    )
)
def test_no_file_raises(parts: list[str]) -> None:
    """Files of any words and signs are read or named empty, and what they name is JSON that names can be read from."""
    text = "".join(parts)
    assert isinstance(read_mergekit_config(text), tuple)
    assert isinstance(read_adapter_config(text), tuple)
    for parent in read_card_parents(card("base_model: " + text)):
        assert all(isinstance(one, DeclaredParent) or one.reason for one in read_parents(json.loads(parent)))
