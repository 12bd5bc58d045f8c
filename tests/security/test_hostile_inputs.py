"""Files of strangers that are too deep, long or dense, or of another kind: read within bounds, or refused in words."""

from __future__ import annotations

import json
import pickle
import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from evaluation.imports.interface import ImportSettings
from evaluation.imports.run import IMPORTERS, FileImported, FileRefused, import_files
from evaluation.scorers.judge import JudgePromptInvalid, read_judge_prompt
from lineage.domains.lexicon_file import LexiconError, read_lexicon
from lineage.errors import LineageError
from lineage.output.settings_file import Command, SettingsFile, read_settings
from lineage.parents.card_files import (
    read_adapter_config,
    read_card_datasets,
    read_card_parents,
    read_front_matter,
    read_mergekit_config,
)
from lineage.policy.policy_file import read_policy
from lineage.scheduling.hardware import read_hardware
from lineage.scores.instrument_file import default_catalogue, read_instruments
from store.connect import open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from store.database import Database

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LAUGHS = "a0: &a0 [maple, maple, maple, maple, maple, maple, maple, maple, maple, maple]\n" + "".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]\n" for number in range(1, 25)
)
"""Ten to the power of 25 texts in 2 kB, where somebody follows every reference (the billion laughs)."""
YAMLS: dict[str, str] = {
    "deep lists": "base_model: " + "[" * 2_000,
    "deep mappings": "base_model: " + "{a: " * 2_000,
    "deep blocks": "\n".join(" " * number + "a:" for number in range(2_000)),
    "laughs": LAUGHS + "base_model: *a24\ndatasets: *a24\nmodels: *a24\n",
    "itself": "base_model: &a [*a, *a]\n",
    "many digits": "base_model: " + "9" * 50_000,
    "sexagesimal": "base_model: " + "1:" * 20_000 + "1",
    "python": "base_model: !!python/object/apply:os.system ['touch owned']\n",
    "python name": "base_model: !!python/name:os.system\n",
    "merge keys": "a: &a {b: 1}\nbase_model: {<<: [" + ", ".join(["*a"] * 2_000) + "]}\n",
    "long text": "base_model: " + "x" * 200_000,
    "many keys": "\n".join(f"k{number}: 1" for number in range(5_000)),
    "controls": "base_model: \x1b[31m",
    "no end": "base_model: 'maple",
    "tabs": "base_model:\n\t- maple",
}
JSONS: dict[str, bytes] = {
    "nothing": b"",
    "deep lists": b"[" * 200_000,
    "deep mappings": b'{"results":' * 100_000,
    "deep closed": b"[" * 50_000 + b"]" * 50_000,
    "many digits": b'{"results": {"a": {"acc,none": ' + b"9" * 5_000 + b"}}}",
    "no number": b'{"results": {"a": {"acc,none": NaN}}, "evaluation_results": NaN, "evaluation_id": Infinity}',
    "half a surrogate": b'{"evaluation_id": "\\ud800", "schema_version": "0.2.1", "evaluation_results": []}',
    "other bytes": b"\xff\xfe\x00\x01" * 100,
    "nul bytes": bytes(10_000),
    "one long line": b'{"a": "' + b"x" * 2_000_000 + b'"}',
    "many keys": b"{" + b",".join(b'"k%d": 1' % number for number in range(20_000)) + b"}",
    "a pickle": pickle.dumps({"results": {}}),
    "a trap": b"cos\nsystem\n(S'touch owned'\ntR.",
    "a zip of nothing": b"PK\x05\x06" + bytes(18),
    "a zip that lies": b"PK\x03\x04" + b"\xff" * 200,
    "parquet in name": b"PAR1" + b"\xff" * 200 + struct.pack("<I", 1 << 31) + b"PAR1",
    "markup": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
}
NAMES = (
    "results_2026-01-01T00-00-00.json",
    "samples_maple_2026-01-01T00-00-00.jsonl",
    "log.eval",
    "log.json",
    "scores.csv",
    "scores.jsonl",
    "scores.parquet",
    "stats.json",
    "record.json",
)


@pytest.mark.parametrize("case", YAMLS)
def test_a_card_is_read_within_bounds(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Front matter and merges of any form give texts or nothing, never an error, and nothing that they name is run."""
    monkeypatch.chdir(tmp_path)
    text = YAMLS[case]
    card = f"---\n{text}\n---\n"
    for found in (read_card_parents(card), read_card_datasets(card), read_mergekit_config(text)):
        assert all(isinstance(one, str) for one in found)
        assert sum(len(one) for one in found) <= 2 * len(text)
    assert isinstance(read_front_matter(card), dict)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("case", YAMLS)
def test_a_lexicon_is_refused_in_words(case: str) -> None:
    """No such file is a lexicon, and the fault is one sentence that names a line."""
    with pytest.raises(LexiconError) as caught:
        read_lexicon(YAMLS[case], "mine.yaml")
    assert str(caught.value).startswith("mine.yaml, line ")


def test_a_lexicon_of_any_size_is_not_read() -> None:
    """A file that is larger than any lexicon is refused before it is parsed."""
    with pytest.raises(LexiconError, match="longer than"):
        read_lexicon("# " + "x" * (1 << 20), "mine.yaml")


@pytest.mark.parametrize("case", YAMLS)
def test_a_judges_prompt_is_refused_in_words(case: str, tmp_path: Path) -> None:
    """No such heading is one, whatever it names."""
    path = tmp_path / "judge.md"
    path.write_text(f"---\n{YAMLS[case]}\n---\n{{prompt}} {{reply}}\n", encoding="utf-8")
    with pytest.raises(JudgePromptInvalid):
        read_judge_prompt(path)


TOMLS: dict[str, str] = {
    "many digits": "x = " + "9" * 5_000,
    "many hexadecimal digits": "x = 0x" + "f" * 50_000,
    "deep lists": "x = " + "[" * 50_000,
    "deep tables": "x = " + "{a = " * 10_000,
    "deep keys": "a" + ".a" * 20_000 + " = 1",
    "deep headings": "[a" + ".a" * 20_000 + "]",
    "deep quoted keys": "x = {'a'" + ' . "a"' * 8_000 + " = 1}",
    "too long": "# " + "x" * (2 << 20),
    "controls": "x = '\x1b[31m'",
    "twice": "x = 1\nx = 1",
}
READERS: dict[str, Callable[[str], object]] = {
    "policy": lambda text: read_policy(text, "f"),
    "instruments": lambda text: read_instruments(text, "f"),
    "hardware": lambda text: read_hardware(text, "f"),
    "settings": lambda text: read_settings(text, SettingsFile(name="f", is_trusted=False), Command(options={"x": "x"})),
}


@pytest.mark.parametrize("case", TOMLS)
@pytest.mark.parametrize("reader", READERS)
def test_a_file_of_settings_is_refused_in_words(reader: str, case: str) -> None:
    """Policies, instruments, hardware and settings that are no such file are faults of the user's, in one message."""
    with pytest.raises(LineageError) as caught:
        READERS[reader](TOMLS[case])
    assert caught.value.exit_code == 2
    assert len(str(caught.value)) < 2_000


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"base_model_name_or_path": ' * 50_000, "9" * 5_000, "\ud800", "", "[]"]
)
def test_an_adapters_settings_name_nobody(text: str) -> None:
    """What is no mapping names no base."""
    assert read_adapter_config(text) == ()


@pytest.fixture(name="database", scope="module")
def fixture_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give a database to import into."""
    opened = open_database(tmp_path_factory.mktemp("imports") / "lineage.duckdb")
    yield opened
    opened.close()


@pytest.mark.parametrize("case", JSONS)
def test_an_import_is_refused_or_passed_over(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """Under every name, and whichever form the user says it has, such a file is told to be none and changes nothing."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "given"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(JSONS[case])
    wanted = ImportSettings(catalogue=default_catalogue())
    outcomes = list(import_files(database, [folder], wanted, NOW))
    for form in IMPORTERS:
        outcomes += import_files(database, [folder / name for name in NAMES], wanted, NOW, form)
    assert len(outcomes) == len(NAMES) * (1 + len(IMPORTERS))
    for outcome in outcomes:
        assert not isinstance(outcome, FileImported) or not outcome.new
        assert not isinstance(outcome, FileRefused) or str(outcome.error).isprintable()
    assert [one.name for one in tmp_path.iterdir()] == ["given"]


def test_pickles_in_a_folder_of_results_are_not_opened(database: Database, tmp_path: Path) -> None:
    """Beside results lie caches of other tools: what is no form of ours is not even looked at."""
    for name in ("cache.pkl", "model.pt", "request.pickle", "rank0.bin", "array.npy", "config.yaml"):
        (tmp_path / name).symlink_to(tmp_path / "absent")
        (tmp_path / f"true-{name}").write_bytes(pickle.dumps([1]))
    assert list(import_files(database, [tmp_path], ImportSettings(catalogue=default_catalogue()), NOW)) == []


def test_a_link_among_results_leads_to_no_secret(database: Database, tmp_path: Path) -> None:
    """A folder of a stranger's may link to a file of the user's: no error quotes what that holds."""
    secret = tmp_path / "id_key"
    secret.write_text(json.dumps("BEGIN PRIVATE KEY sentinel"), encoding="utf-8")
    folder = tmp_path / "given"
    folder.mkdir()
    for name in NAMES:
        (folder / name).symlink_to(secret)
    outcomes = list(import_files(database, [folder], ImportSettings(catalogue=default_catalogue()), NOW))
    assert len(outcomes) == len(NAMES)
    assert "sentinel" not in repr(outcomes)
    for form in IMPORTERS:
        told = list(
            import_files(
                database, [folder / one for one in NAMES], ImportSettings(catalogue=default_catalogue()), NOW, form
            )
        )
        assert "sentinel" not in " ".join(str(one.error) for one in told if isinstance(one, FileRefused))
