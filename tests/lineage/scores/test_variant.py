"""Names of files within repositories."""

from __future__ import annotations

import pytest

from lineage.scores.variant import split_variant, variant_of_file


@pytest.mark.parametrize(
    ("named", "repository", "variant"),
    [
        ("elm/base", "elm/base", ""),
        ("elm/base:q2_k", "elm/base", ":Q2_K"),
        ("elm/base:Q4_K_M", "elm/base", ":Q4_K_M"),
        ("elm/base:f16", "elm/base", ":F16"),
        ("elm/base:Free", "elm/base", ":free"),
        ("elm/base#step-100/", "elm/base", "#step-100"),
        ("elm/base#a/B", "elm/base", "#a/B"),
        ("base:8b", "base:8b", ""),
        ("C:/models/base:Q2_K", "C:/models/base:Q2_K", ""),
        ("elm/base:Q2_K:F16", "elm/base:Q2_K:F16", ""),
        ("elm/base#", "elm/base#", ""),
        ("elm/base#a b", "elm/base#a b", ""),
    ],
)
def test_a_name_is_a_repository_and_a_variant(named: str, repository: str, variant: str) -> None:
    """Only names of the form of the Hub's are taken apart, and a precision is the same in any capitals."""
    found = split_variant(named)
    assert (found.repository, found.variant) == (repository, variant)


@pytest.mark.parametrize(("variant", "is_precision"), [(":Q2_K", True), (":free", False), ("#f16", False), ("", False)])
def test_precisions_are_told_from_other_variants(variant: str, *, is_precision: bool) -> None:
    """A folder is no precision, whatever it is called."""
    assert split_variant(f"elm/base{variant}").is_precision is is_precision


@pytest.mark.parametrize(
    ("path", "variant"),
    [
        ("base-7b.Q2_K.gguf", ":Q2_K"),
        ("base-7b-iq3_xxs.gguf", ":IQ3_XXS"),
        ("Q4_K_M/base-Q4_K_M-00001-of-00002.gguf", ":Q4_K_M"),
        ("base.gguf", "#base.gguf"),
    ],
)
def test_the_name_of_a_file_tells_its_precision(path: str, variant: str) -> None:
    """Where it does not, the path itself is the variant."""
    assert variant_of_file(path) == variant
