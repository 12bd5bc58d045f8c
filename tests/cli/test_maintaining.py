"""`lineage maintain` on the family of real tiny models, from the Hub to the verdict."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file

from sandbox.weights.family import FINANCE, LEDGER, ROOT
from sandbox.weights.folders import place_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Maintained, Runs


def weight_of(weight: object, name: str) -> float:
    """Return what a recipe says of a tensor: one number, or the first of some filters that its name has."""
    rules: list[dict[str, Any]] = weight if isinstance(weight, list) else [{"value": weight}]
    return float(next(rule["value"] for rule in rules if rule.get("filter", "") in name))


def test_a_drifted_model_is_restored(maintained: Maintained) -> None:
    """The kind of drift, every recipe with its items, and the verdict by the half that no recipe was chosen by."""
    ran = maintained.ran
    assert ran.code == 0, ran.err
    assert ran.out.startswith("Kind of drift: threshold moved: d' ")  # another processor trains other figures
    assert "\nthe fine-tune " in ran.out
    assert "\nrestored" in ran.out
    assert "sandbox_remedies: gained " in ran.out
    assert "capability_change is from the fine-tune: + is more able" in ran.out
    assert "not tried: the safety vector, which needs a model" in ran.out
    assert "items to search, " in ran.err
    assert "loading hazelmere/wren and brassbell/wren-finance" in ran.err


def test_nothing_is_run_twice(maintained: Maintained, lineage: Runs) -> None:
    """The same command answers the same from what is kept, and loads nothing."""
    ran = lineage(*maintained.words, "--format", "json")
    rows = json.loads(ran.out)
    assert ran.code == 0
    assert "; 0 of them run now" in ran.err
    assert "loading" not in ran.err
    assert [row["recipe"] for row in rows[:2]] == ["the fine-tune", "the base"]
    assert {row["half"] for row in rows} == {"both", "search", "confirmation"}
    (confirmed,) = [row for row in rows if row["half"] == "confirmation"]
    assert confirmed["is_chosen"]
    assert confirmed["is_safe"]
    assert confirmed["verdict"].startswith("restored")
    told = lineage("sql", "select count(*) as n from frontiers", "--db", str(maintained.db), "--format", "json")
    assert json.loads(told.out) == [{"n": len(rows) - 2}]


def test_the_weights_of_the_half_are_between_those_of_the_ends(maintained: Maintained, lineage: Runs) -> None:
    """Closer to the base is safer: the drift of the tried recipes of a kind falls with the share that is kept."""
    query = "select recipe, rest, safety_drift from frontiers where half = 'search' order by recipe, rest"
    told = lineage("sql", query, "--db", str(maintained.db), "--format", "json")
    drifts: dict[str, list[float]] = {}
    for row in json.loads(told.out):
        drifts.setdefault(row["recipe"], []).append(row["safety_drift"])
    assert max(map(len, drifts.values())) > 1
    assert all(of_kind == sorted(of_kind) for of_kind in drifts.values())


def test_what_was_found_is_written_where_it_is_asked_for(maintained: Maintained, tmp_path: Path) -> None:
    """The figure, a recipe whose weights add up, and weights that are what the recipe says, with a card."""
    wanted = (
        "--figure",
        str(tmp_path / "f.svg"),
        "--recipe",
        str(tmp_path / "r.yml"),
        "--write",
        str(tmp_path / "made"),
    )
    ran = maintained.run(*maintained.words, *wanted)
    assert ran.code == 0, ran.err
    assert "; 0 of them run now" in ran.err
    assert ET.fromstring((tmp_path / "f.svg").read_text("utf-8")).tag.endswith("svg")  # noqa: S314 -- our own figure
    recipe = yaml.safe_load((tmp_path / "r.yml").read_text("utf-8"))
    kept = {one["model"]: one["parameters"]["weight"] for one in recipe["models"]}
    assert recipe["merge_method"] == "linear"
    base, child = (load_file(place_of(maintained.family, name) / "model.safetensors") for name in (ROOT, FINANCE))
    made = load_file(tmp_path / "made" / "model.safetensors")
    assert made.keys() == child.keys()
    for name, tensor in made.items():
        of_base, of_child = (weight_of(kept[model], name) for model in (ROOT, FINANCE))
        assert of_base + of_child == pytest.approx(1)
        assert np.allclose(tensor, of_base * base[name] + of_child * child[name], atol=1e-6), name
    card = (tmp_path / "made" / "README.md").read_text("utf-8")
    assert yaml.safe_load(card.split("---\n")[1])["base_model"] == [ROOT, FINANCE]
    assert "**restored" in card
    assert "tokenizer.json" in {path.name for path in (tmp_path / "made").iterdir()}
    again = maintained.run(*maintained.words, *wanted)
    assert again.code != 0
    assert "--force overwrites it" in again.err
    assert "Kind of drift" not in again.out


def test_no_weights_are_written_without_a_repair(maintained: Maintained, tmp_path: Path) -> None:
    """A verdict that is not decided has a figure, and neither recipe nor weights."""
    words = [*maintained.words, "--margin", "0.2", "--most-items", "16"]
    wanted = (
        "--figure",
        str(tmp_path / "f.svg"),
        "--recipe",
        str(tmp_path / "r.yml"),
        "--write",
        str(tmp_path / "made"),
    )
    ran = maintained.run(*words, *wanted)
    assert ran.code == 1, ran.err
    assert "not decided" in ran.out
    assert "no recipe and no weights were written" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["f.svg"]


def test_a_model_without_drift_is_left_alone(maintained: Maintained) -> None:
    """Its scores are measured, and nothing is loaded to be mixed."""
    words = [LEDGER if word == FINANCE else word for word in maintained.words]
    ran = maintained.run(*words)
    assert ran.code == 0, ran.err
    assert "\nnothing to repair: " in ran.out
    assert "loading" not in ran.err


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({FINANCE: ROOT}, "cannot be its own base"),
        ({FINANCE: "nightjar/nothing"}, "nightjar/nothing"),
        ({"sandbox_remedies": "sandbox_refusal"}, "named once"),
        (
            {"sandbox_refusal,sandbox_over_refusal": "sandbox_over_refusal,sandbox_remedie"},
            "did you mean sandbox_remedies",
        ),
        ({"sandbox_refusal,sandbox_over_refusal": "mmlu"}, "--safety takes instruments of safety"),
        ({"sandbox_remedies": "bbq"}, "not about a capability"),
        ({ROOT: "brassbell/wren-finance-lora"}, "is an adapter, and so no base"),
        ({FINANCE: "brassbell/wren-finance-lora", ROOT: LEDGER}, "is an adapter for hazelmere/wren"),
    ],
)
def test_what_cannot_be_asked_is_told(
    maintained: Maintained, lineage: Runs, changes: dict[str, str], said: str
) -> None:
    """Exit code 2 with the reason, before anything is run."""
    ran = lineage(*[changes.get(word, word) for word in maintained.words])
    assert ran.code in {1, 2}
    assert said in ran.err
    assert "loading" not in ran.err


def test_other_options_are_another_measurement(maintained: Maintained) -> None:
    """What was measured without the chat template does not count for a search with it, and is left as it is."""
    ran = maintained.run(*maintained.words, "--option", "chat=true")
    assert ran.err.startswith("6 jobs are queued\n")
    assert "are asked as" not in ran.err
    assert "items to search, " in ran.err
    assert "; 0 of them run now" in maintained.run(*maintained.words).err


def test_the_database_must_be_there(lineage: Runs, tmp_path: Path, maintained: Maintained) -> None:
    """No empty database is made for a typing error."""
    words = [*maintained.words[: maintained.words.index("--db")], "--db", str(tmp_path / "none.duckdb")]
    assert lineage(*words).code == 3
    assert not (tmp_path / "none.duckdb").exists()
