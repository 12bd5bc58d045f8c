"""How models say they are built, whatever strangers write there."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.parents.model_config import ModelShape, read_config, read_gguf_facts

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                (
                    "architectures",
                    "model_type",
                    "hidden_size",
                    "text_config",
                    "rope_theta",
                    "quantization_config",
                    "n_layer",
                )
            ),
            inner,
        )
    ),
)


def test_a_configuration_tells_how_a_model_is_built() -> None:
    """Every fact that the rules use is read as it is written."""
    config = {
        "_name_or_path": "maple/base-7b",
        "architectures": ["MapleForCausalLM", "Other"],
        "model_type": "maple",
        "hidden_size": 4096,
        "num_hidden_layers": 32,
        "num_attention_heads": 16,
        "vocab_size": 32_000,
        "rope_theta": 10_000,
        "quantization_config": {"quant_method": "awq", "bits": 4},
    }
    assert read_config(json.dumps(config)) == ModelShape(
        name_or_path="maple/base-7b",
        architecture="MapleForCausalLM",
        model_type="maple",
        hidden_size=4096,
        layers=32,
        heads=16,
        vocabulary=32_000,
        rope_theta=10_000.0,
        quantization="awq",
    )


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"n_embd": 768, "n_layer": 12, "n_head": 6}, ModelShape(hidden_size=768, layers=12, heads=6)),
        ({"d_model": 512, "num_layers": 6, "num_heads": 8}, ModelShape(hidden_size=512, layers=6, heads=8)),
        ({"text_config": {"hidden_size": 64, "vocab_size": 9}}, ModelShape(hidden_size=64, vocabulary=9)),
        ({"rope_parameters": {"rope_theta": 5e5}}, ModelShape(rope_theta=5e5)),
        ({"quantization_config": {"load_in_4bit": True}}, ModelShape(quantization="bitsandbytes")),
        ({"quantization_config": {"bits": 4}}, ModelShape(quantization="unnamed")),
        ({"quantization_config": {}}, ModelShape()),
        ({"hidden_size": True, "vocab_size": -1, "n_layer": "12", "rope_theta": "x"}, ModelShape()),
        ({"hidden_size": 10**400, "rope_theta": 10**400}, ModelShape()),
        ({"architectures": [["a"]], "model_type": {"a": 1}, "_name_or_path": 5}, ModelShape()),
        ({"_name_or_path": "a\0\ud800" + "b" * 1000}, ModelShape(name_or_path="a\ufffd\ufffd" + "b" * 497)),
        ({"_name_or_path": " "}, ModelShape()),
    ],
)
def test_other_words_count_and_impossible_values_do_not(config: dict[str, object], expected: ModelShape) -> None:
    """Older names and the language part of a model of several count; a wrong type or size counts as absent."""
    assert read_config(json.dumps(config)) == expected


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", "[" * 100_000, '{"rope_theta": NaN}', '{"hidden_size": 1e999}']
)
def test_what_is_no_configuration_says_nothing(text: str) -> None:
    """A file that is cut, of another kind or too deep is an empty shape."""
    assert read_config(text) == read_gguf_facts(text) == ModelShape()


@given(JSON)
def test_any_json_is_read_without_an_error(value: object) -> None:
    """Sizes are positive and bounded, texts are sound, whatever stands in the file."""
    shape = read_config(json.dumps(value))
    sizes = (shape.hidden_size, shape.layers, shape.heads, shape.vocabulary, shape.rope_theta)
    assert all(size is None or 0 < size < 10**15 for size in sizes)
    for text in (shape.architecture, shape.model_type, shape.quantization, shape.name_or_path):
        assert text is None or (0 < len(text) <= 500 and "\0" not in text and text.encode())


def test_the_hub_tells_architecture_and_weights_of_a_gguf_file() -> None:
    """The chat template and the rest of the key are left aside."""
    facts = {"total": 7_000_000_000, "architecture": "llama", "chat_template": "x" * 9999}
    assert read_gguf_facts(json.dumps(facts)) == ModelShape(model_type="llama", parameters=7_000_000_000)
