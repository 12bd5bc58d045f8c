"""The prose of a card names a parent where it says so, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.parents.card_prose import read_sentences
from lineage.vocabulary import Relation

HUB = "https://huggingface.co"


@pytest.mark.parametrize(
    ("prose", "relation"),
    [
        (f"This model is a fine-tuned version of [maple/base]({HUB}/maple/base) on the x dataset.", None),
        (f"It was finetuned from [the base]({HUB}/maple/base).", None),
        (f"This is a LoRA adapter for [maple/base]({HUB}/maple/base).", Relation.ADAPTER),
        (f"Quantized version of [maple/base]({HUB}/maple/base)", Relation.QUANTIZED),
        (f"This repo contains GGUF format model files for [Base]({HUB}/maple/base).", Relation.QUANTIZED),
        (f"- Original model: [Base]({HUB}/maple/base)", None),
    ],
)
def test_a_sentence_names_the_parent(prose: str, relation: Relation | None) -> None:
    """The id comes from the link, the relation from the words."""
    (found,) = read_sentences(f"---\nlicense: mit\n---\n# Title\n\n{prose}\n")
    assert (found.named, found.relation) == ("maple/base", relation)
    assert found.text in prose


@pytest.mark.parametrize(
    "prose",
    [
        f"See also [maple/base]({HUB}/maple/base).",
        f"a fine-tuned version of [x]({HUB}/datasets/maple/data)",
        "a fine-tuned version of [x](https://example.org/maple/base)",
        f"---\ntext: a fine-tuned version of [x]({HUB}/maple/base)\n---\n",
        f"a fine-tuned version of [None]({HUB}/None/../x)",
    ],
)
def test_other_links_name_nobody(prose: str) -> None:
    """A mere mention, a data set, another site, front matter, an impossible id."""
    assert read_sentences(prose) == ()


@given(st.text(alphabet="fine-tuned version of[](htps:/ugnac.)\n", max_size=300))
def test_any_text_is_read(text: str) -> None:
    """Nothing that strangers write raises."""
    assert isinstance(read_sentences(text), tuple)
