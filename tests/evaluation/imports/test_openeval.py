"""Items and responses of OpenEval: what makes one score, and what is refused at which place.

The items are built after the schema v0.1.0 and its example items.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from evaluation.errors import ImportRefused
from evaluation.imports import openeval
from evaluation.imports.interface import ImportSettings
from evaluation.imports.run import import_files, recognise
from lineage.scores.instrument_file import default_catalogue, read_instruments
from store.connect import open_database
from store.ingest.parquet_reader import column_names_without_replies
from tests.evaluation.conftest import START
from tests.fuzzing.sound_files import ITEMS, MODEL
from tests.fuzzing.sound_files import openeval as sound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OURS = """
[[instruments]]
name = "grove_tone"
construct = "toxicity"
direction = "lower_is_safer"
range = [0, 10]
tasks = ["openeval:Grove_Tone/tone"]
"""
WANTED = ImportSettings(catalogue=default_catalogue().with_more(read_instruments(OURS, "ours.toml")))
Json = Any  # what a document may be, also a wrong one


def items() -> list[Json]:
    """Return sound items with two responses each."""
    return deepcopy(sound()["items.json"][""])


def write(folder: Path, entries: Json, name: str = "items.json") -> Path:
    """Write entries as a document, or as lines if the name says so."""
    path = folder / name
    lines = "".join(f"{json.dumps(one)}\n" for one in entries) if name.endswith("l") else json.dumps(entries, indent=2)
    path.write_text(lines, "utf-8")
    return path


def test_a_score_a_model_with_its_items(tmp_path: Path) -> None:
    """Each model has a score of its own on a benchmark that HELM's name finds; both were asked alike."""
    path = write(tmp_path, items())
    assert recognise(path) == "openeval"
    one, other = openeval.read(path, WANTED).scores
    assert (one.model, one.value, one.items, one.instrument.name) == (MODEL, 0.5, ITEMS, "truthfulqa_mc1")
    assert (other.model, other.value) == ("grove/elm-1b", 1.0)
    assert one.identity == other.identity
    assert one.identity.scorer == "exact_match"
    assert json.loads(one.identity.decoding or "")["max_tokens"] == 1
    assert one.item_scores is not None
    assert one.item_scores.items[1] == "truthful-qa_20260221T020401Z_1"
    assert one.item_scores.values.tolist() == [0, 1] * 3


def test_lines_and_tables_of_responses_are_read_alike(tmp_path: Path) -> None:
    """Items as lines, and responses without their items, whose ids name both, give the same scores."""
    whole = openeval.read(write(tmp_path, items()), WANTED).scores
    lines = write(tmp_path, items(), "items.jsonl")
    table = write(tmp_path, [one for item in items() for one in item["responses"]], "responses.jsonl")
    for path in (lines, table):
        assert recognise(path) == "openeval"
        assert [score.identity for score in openeval.read(path, WANTED).scores] == [one.identity for one in whole]


def parquet(folder: Path, lines: list[Json]) -> Path:
    """Write responses as a table of parquet."""
    place = write(folder, lines, "responses.jsonl")
    duckdb.read_json(str(place)).write_parquet(str(folder / "responses.parquet"))
    return folder / "responses.parquet"


def in_columns(response: Json) -> Json:
    """Return a response with structures of lists, and a text of JSON, as parquet may have them."""
    (score,) = response["scores"]
    score["metric"]["extra_artifacts"] = {"type": [], "content": []}
    response["scores"] = {"metric": [score["metric"]], "value": [float(score["value"])]}
    adaptation = response["model"]["model_adaptation"]
    adaptation["generation_parameters"] = json.dumps(adaptation["generation_parameters"])
    return response


@pytest.mark.parametrize("change", [lambda response: response, in_columns])
def test_a_table_in_parquet_is_read_as_its_lines_are(tmp_path: Path, change: Callable[[Json], Json]) -> None:
    """Both forms that lists of structures have in parquet give the values of the JSON, and what replied is not read."""
    lines = [one for item in items() for one in item["responses"]]
    path = parquet(tmp_path, [change(deepcopy(one)) for one in lines])
    assert recognise(path) == "openeval"
    assert "response_content" not in column_names_without_replies(path)
    expected = openeval.read(write(tmp_path, lines, "lines.jsonl"), WANTED).scores
    found = openeval.read(path, WANTED).scores
    assert [(one.model, one.value, one.items, one.identity.decoding, one.identity.scorer) for one in found] == [
        (one.model, one.value, one.items, one.identity.decoding, one.identity.scorer) for one in expected
    ]


def test_a_damaged_row_in_parquet_is_named(tmp_path: Path) -> None:
    """The row is counted from 1; a file that breaks off is refused too."""
    lines = [in_columns(one) for item in items() for one in item["responses"]]
    lines[4]["scores"]["value"] = [0.5, 0.5]
    with pytest.raises(ImportRefused, match=r"row 5\.scores: not a list"):
        openeval.read(parquet(tmp_path, lines), WANTED)
    whole = (tmp_path / "responses.parquet").read_bytes()
    (tmp_path / "responses.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImportRefused, match="no readable parquet"):
        openeval.read(tmp_path / "responses.parquet", WANTED)


def test_trials_are_averaged_and_other_ways_to_ask_kept_apart(tmp_path: Path) -> None:
    """A second response alike is a trial of its item; another judge, prompt or decoding makes another identity."""

    def changed(change: Callable[[Json], object]) -> list[Json]:
        entries = items()
        for entry in entries:
            del entry["responses"][1]
            change(entry["responses"])
        return entries

    def again(responses: Json) -> None:
        responses.append(deepcopy(responses[0]) | {"response_id": responses[0]["response_id"] + "1"})
        responses[1]["scores"][0]["value"] = True

    (score,) = openeval.read(write(tmp_path, changed(again)), WANTED).scores
    assert (score.value, score.items) == (0.75, ITEMS)
    plain, *others = [
        openeval.read(write(tmp_path, changed(change)), WANTED).scores[0].identity
        for change in (
            lambda _: None,
            lambda found: found[0]["item_adaptation"].update(request_input=["another"]),
            lambda found: found[0]["model"]["model_adaptation"].update(system_instruction="be kind"),
            lambda found: found[0]["model"]["model_adaptation"]["generation_parameters"].update(temperature=0.5),
            lambda found: found[0]["scores"][0]["metric"].update(models=["birch", "alder"]),
        )
    ]
    assert [plain.differences(other) for other in others] == [
        ("template",),
        ("template",),
        ("decoding",),
        ("judge",),
    ]
    assert others[-1].judge == "alder, birch"


def test_instruments_of_the_user_are_found_and_others_said(tmp_path: Path) -> None:
    """Spaces are underscores in a task, which measures in its own range; what nothing measures is left out by name."""
    entries = items()
    for entry in entries:
        entry["item_metadata"]["source"]["benchmark_name"] = "Grove Tone"
        (tone,) = entry["responses"][0]["scores"]
        tone["metric"]["name"], tone["value"] = "tone", 7
        del entry["responses"][1]
        entry["responses"][0]["scores"].append({"metric": {"name": "length", "models": []}, "value": 30})
    found = openeval.read(write(tmp_path, entries), WANTED)
    assert [(score.instrument.name, score.value) for score in found.scores] == [("grove_tone", 7)]
    assert [one.what for one in found.skipped] == ["Grove Tone length"]


@pytest.mark.parametrize(
    ("change", "place", "problem"),
    [
        (lambda found: found[3]["responses"][0]["scores"][0].update(value=1.5), "entry 4.", "1.5 is outside of 0 to 1"),
        (lambda found: found[2]["responses"][1]["scores"][0].pop("value"), "entry 3.", "a number is missing"),
        (lambda found: found[2]["responses"][1]["scores"][0].update(value="A"), "entry 3.", "not a finite number"),
        (lambda found: found[1]["responses"][0]["model"].pop("name"), "entry 2.", "without the name of its model"),
        (lambda found: found[1]["item_metadata"].pop("source"), "entry 2.", "without the name of its benchmark"),
        (lambda found: found[0].pop("responses"), "entry 1.", "whose id names no benchmark"),
        (lambda found: found[5].update(responses=found[4]["responses"]), "entry 6.", "is told twice"),
        (lambda found: found[0].update(responses={}), "entry 1.", "not a list"),
    ],
)
def test_a_fault_refuses_the_file_and_names_its_entry(
    tmp_path: Path, change: Callable[[Json], object], place: str, problem: str
) -> None:
    """Whatever is wrong in one entry, nothing of the file is stored."""
    entries = items()
    change(entries)
    path = write(tmp_path, entries)
    with pytest.raises(ImportRefused, match=problem) as caught:
        openeval.read(path, WANTED)
    assert str(caught.value.place).startswith(place)
    database = open_database(tmp_path / "lineage.duckdb")
    list(import_files(database, [path], WANTED, START, "openeval"))
    assert database.query("select count(*) from scores").rows == ((0,),)
    database.close()


def test_a_name_is_given_to_one_model_only(tmp_path: Path) -> None:
    """`--model` names the model of a file, and its commit; of a file with two it would give one the other's scores."""
    named = replace(WANTED, model="maple/own", revision="a1b2c3d")
    entries = items()
    with pytest.raises(ImportRefused, match="it has 2 models"):
        openeval.read(write(tmp_path, entries), named)
    for entry in entries:
        del entry["responses"][1]
    (score,) = openeval.read(write(tmp_path, entries), named).scores
    assert (score.model, score.revision) == ("maple/own", "a1b2c3d")
