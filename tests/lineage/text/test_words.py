"""Words of repository names."""

import pytest

from lineage.text.words import split_chunks, split_words


@pytest.mark.parametrize(
    ("name", "words", "chunks"),
    [
        ("Bio_ClinicalBERT", ["bio", "clinical", "bert"], ["bio", "clinicalbert"]),
        ("PubMedQA-v2", ["pub", "med", "qa", "v", "2"], ["pubmedqa", "v2"]),
        ("med42.b", ["med", "42", "b"], ["med42", "b"]),
        ("x-ae8c6bc0dd88ecb0de41465b104f6a6e8d", ["x"], ["x"]),
        ("", [], []),
    ],
)
def test_names_fall_into_words_and_chunks(name: str, words: list[str], chunks: list[str]) -> None:
    """Words part at separators, case and digits, chunks at separators alone; hashes are neither."""
    assert split_words(name) == words
    assert split_chunks(name) == chunks
