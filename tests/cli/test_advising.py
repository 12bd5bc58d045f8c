"""Advisories from the command line: imported or made, asked for, exported, and what the exit codes say."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Runs


def test_a_list_of_models_is_asked_for_advisories(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """Nothing is found at first; then a derivative of a model with an advisory is, with the path and exit code 1."""
    place = ("--db", str(shutil.copy(crawled, tmp_path / "own.duckdb")))
    query = "select child, parent from edges where not inferred and parent_status = 'present' order by all limit 1"
    (row,) = json.loads(lineage("sql", query, *place, "--format", "json").out)
    deployed = tmp_path / "deployed.txt"
    deployed.write_text(f"# ours\n{row['child']}  # the chat\n\nelsewhere/none\n", "utf-8")
    before = lineage("advise", "--file", str(deployed), *place)
    assert (before.code, "1 of 2 models are not in the database" in before.err) == (0, True)
    assert "elsewhere/none" in before.out
    assert lineage("advise", "list", *place).code == 1
    added = lineage("advise", "add", row["parent"], "--summary", "poisoned\x1b[2J", *place, "--format", "json")
    (made,) = json.loads(added.out)
    assert made["model"] == row["parent"]
    found = lineage("advise", "--file", str(deployed), *place)
    assert (found.code, "1 of 2 models have an advisory" in found.err) == (1, True)
    assert f"{row['child']}; finetune of {row['parent']}" in found.out.replace("adapter", "finetune")
    assert "\x1b" not in found.out
    assert "\x1b" not in lineage("advise", "list", *place).out
    alone = json.loads(lineage("advise", "export", made["advisory"], *place).out)
    alone |= {"modified": "2099-01-01T00:00:00Z", "withdrawn": "2099-01-01T00:00:00Z"}
    file = tmp_path / "later.json"
    file.write_text(json.dumps(alone), "utf-8")
    assert lineage("advise", "import", str(file), *place).out.startswith("0 new, 1 replaced")
    gone = lineage("advise", row["child"], *place)
    assert (gone.code, "withdrawn" in gone.out) == (0, True)
    assert lineage("advise", "export", "-o", str(tmp_path / "all.json"), *place).code == 0
    assert json.loads((tmp_path / "all.json").read_text("utf-8")) == [alone]


def test_a_step_that_was_inferred_says_so(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """The path of an advisory that is only possible names the relation, the ancestor, and that it was inferred."""
    place = ("--db", str(shutil.copy(crawled, tmp_path / "own.duckdb")))
    query = """
        select child, parent, relation from edges
        where inferred and child not in (select child from edges where not inferred) order by all limit 1
    """
    (row,) = json.loads(lineage("sql", query, *place, "--format", "json").out)
    lineage("advise", "add", row["parent"], "--summary", "leaks what it was trained on", *place)
    found = lineage("advise", row["child"], *place)
    assert f"{row['child']}; {row['relation']} of {row['parent']} (inferred)" in " ".join(found.out.split())
    assert "possible" in found.out


def test_a_wrong_file_leaves_everything_as_it_was(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """The sound file beside a wrong one is not imported; what is no list of models, or no commit, is refused."""
    place = ("--db", str(shutil.copy(crawled, tmp_path / "own.duckdb")))
    package = {"ecosystem": "Hugging Face", "name": "oak/base"}
    sound = {"id": "x_OAK-1", "modified": "2026-03-01T00:00:00Z", "affected": [{"package": package}]}
    (tmp_path / "sound.json").write_text(json.dumps(sound), "utf-8")
    (tmp_path / "wrong.json").write_text(json.dumps([sound, sound | {"modified": 7}]), "utf-8")
    ran = lineage("advise", "import", str(tmp_path / "sound.json"), str(tmp_path / "wrong.json"), *place)
    assert (ran.code, "wrong.json: [1].modified: not a text" in ran.err) == (2, True)
    assert lineage("advise", "list", *place).code == 1
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe")
    assert "Did you mean 'import'?" in lineage("advise", "improt", "a.json", *place).err
    for words in (
        ("import", "absent.json"),
        ("--file", str(tmp_path / "bytes.txt")),
        ("oak/base@main",),
        ("--file", ""),
    ):
        assert lineage("advise", *words, *place).code == 2
