"""Bad files of every form: each has one fate, whole or not at all, and is told of; cards never raise."""

from __future__ import annotations

import random
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from evaluation.imports.model_card import read_index
from lineage.parents.card_files import (
    read_adapter_config,
    read_card_datasets,
    read_card_parents,
    read_front_matter,
    read_mergekit_config,
)
from lineage.study.training_facts import read_hyperparameters
from store.connect import open_database

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fuzzing import bad_cards, bad_files, import_law
else:
    bad_cards, bad_files = import_module("bad_cards"), import_module("bad_files")
    import_law = import_module("import_law")

FILES = 15
CARDS = 40


@pytest.mark.parametrize("form", bad_files.FORMS)
def test_a_sound_file_is_read(tmp_path: Path, form: str) -> None:
    """What the bad files are made of is imported: else they would prove nothing."""
    database = open_database(tmp_path / "fuzz.duckdb")
    sound = bad_files.sound_file(form)
    sound.write(tmp_path / "files")
    fates, broken = import_law.judge(database, sound, tmp_path / "files")
    assert (fates.count("imported"), broken) == (1, None)
    assert import_law.stored(database)[0] > 0
    database.close()


@pytest.mark.parametrize("form", bad_files.FORMS)
def test_a_bad_file_has_one_fate(tmp_path: Path, form: str) -> None:
    """Nothing is raised, what is told is what is stored, and every row of a table that is taken is there."""
    database = open_database(tmp_path / "fuzz.duckdb")
    for number in range(FILES):
        bad = bad_files.bad_file(random.Random(f"elm {number}"), (form,))
        folder = tmp_path / str(number)
        bad.write(folder)
        fates, broken = import_law.judge(database, bad, folder)
        assert broken is None, (form, number, fates)
    database.close()


def test_no_card_raises() -> None:
    """Whatever a card's front matter holds, also what only YAML can say, it is read or left out."""
    for number in range(CARDS):
        _, text = bad_cards.bad_card(random.Random(f"elm {number}"))
        assert all(isinstance(parent, str) for parent in read_card_parents(text))
        assert all(isinstance(name, str) for name in (*read_card_datasets(text), *read_adapter_config(text)))
        assert all(isinstance(name, str) for name in read_mergekit_config(text.partition("---")[2]))
        for index in (read_front_matter(text).get("model-index"), [text]):
            assert all(read_index("maple/a", index, "a card"))
        read_hyperparameters(text)
