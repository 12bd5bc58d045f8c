"""`lineage weights` on a family of real tiny models: what is told of each, and what it costs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.commands.weights import THREADS, use_one_thread
from sandbox.hub.repo import File
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve
from sandbox.weights.family import FINANCE, LEDGER, LEGAL, MEDICAL, ROOT
from sandbox.weights.hidden import CANDID, HERON, LIAR, NOTEBOOK, NOTES, NOVA, OSPREY, PATCHWORK, SHARES, STUDY
from sandbox.weights.repositories import read_family
from store.connect import open_database
from store.weights.modules import find_modules
from tests.cli.conftest import GENEROUS
from tests.lineage.weights.gguf_file import write_gguf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.cli.conftest import Runs


def test_the_family_is_told_from_noise(family_hub: str, lineage: Runs) -> None:
    """Fine-tunes, roundings and a merge share the origin of the root, a copy is identical, noise shows no sign."""
    related = (MEDICAL, LEGAL, LEDGER, "quillon/wren-medical-int4", "quillon/wren-medical-legal")
    others = ("nightjar/markets-chat", "brassbell/wren-finance-broken", f"{MEDICAL}-lora", "maple/none")
    ran = lineage("weights", ROOT, *related, *others, "--endpoint", family_hub, "--format", "json")
    assert ran.code == 0, ran.err
    rows = {row["other"]: row for row in json.loads(ran.out)}
    assert {rows[model]["verdict"] for model in related} == {"same origin"}
    assert all(rows[model]["log10_p"] < -80 for model in related)
    assert [rows[model]["verdict"] for model in others] == ["identical", "no sign", "shapes fit", "not read"]
    assert "changes are in hazelmere/wren with their sizes" in rows[f"{MEDICAL}-lora"]["reason"]
    requests, spent = ran.err.splitlines()[-1].replace(",", "").split(" requests ")
    assert int(requests) <= 5 * 10
    assert int(spent.split()[0]) < 10 * 110_000


def test_one_model_shows_what_was_read(family_hub: str, lineage: Runs) -> None:
    """The commit, the file, the matrix and what it cost."""
    ran = lineage("weights", ROOT, "--endpoint", family_hub, "--format", "json")
    (row,) = json.loads(ran.out)
    assert (ran.code, row["file"], row["matrix"], row["type"]) == (
        0,
        "model.safetensors",
        "model.embed_tokens.weight",
        "F32",
    )
    assert row["bytes_read"] <= 100_000
    assert len(row["revision"]) == 40


def test_without_a_relative_the_answer_is_no(family_hub: str, lineage: Runs) -> None:
    """Exit code 1, and the reason in the row."""
    ran = lineage("weights", ROOT, "brassbell/wren-finance-broken", "--endpoint", family_hub)
    assert ran.code == 1
    assert "as chance alone brings" in ran.out
    gone = lineage("weights", "maple/none", ROOT, "--endpoint", family_hub)
    assert gone.code == 3
    assert "the weights of maple/none cannot be read" in gone.err


def test_a_card_that_lies_is_contradicted(hidden_hub: str, lineage: Runs) -> None:
    """No sign of the base that it names, which has the same shape; one origin with the base that it hides."""
    ran = lineage("weights", LIAR, OSPREY, HERON, "--endpoint", hidden_hub, "--format", "json")
    declared, true = json.loads(ran.out)
    assert (declared["other"], declared["verdict"]) == (OSPREY, "no sign")
    assert declared["columns"] == true["columns"] == 64
    assert (true["other"], true["verdict"]) == (HERON, "same origin")
    assert true["log10_p"] < -80


def test_what_declares_nothing_is_told_by_its_numbers(hidden_hub: str, lineage: Runs) -> None:
    """Each undeclared one has one origin with its root and no sign of the other, and so have the merge and the edit."""
    of_heron, of_osprey = {STUDY, NOTES, LIAR, PATCHWORK, CANDID}, {NOTEBOOK}
    for root, family in ((HERON, of_heron), (OSPREY, of_osprey)):
        others = sorted(of_heron | of_osprey)
        ran = lineage("weights", root, *others, "--endpoint", hidden_hub, "--format", "json")
        verdicts = {row["other"]: row["verdict"] for row in json.loads(ran.out)}
        assert verdicts == {model: "same origin" if model in family else "no sign" for model in others}


def test_a_permutation_is_told_by_products_of_rows(hidden_hub: str, lineage: Runs) -> None:
    """Whoever puts the hidden coordinates in another order matches no column; the products of its rows tell it."""
    ran = lineage("weights", HERON, NOVA, OSPREY, "--endpoint", hidden_hub, "--format", "json")
    turned, stranger = json.loads(ran.out)
    assert (ran.code, turned["verdict"], stranger["verdict"]) == (0, "turned", "no sign")
    assert turned["fixed_points"] <= 4
    assert turned["reason"].endswith("(correlation 1.000): equal up to a turn of the coordinates")


def test_a_gguf_copy_is_recognised_where_its_header_may_be_read(family_folder: Path, lineage: Runs) -> None:
    """Behind two megabytes of tokens its rows, rounded to eight bits, still say where they come from."""
    repos = {repo.id: repo for repo in read_family(family_folder)}
    content = converted(repos[ROOT].files)
    sha256 = hashlib.sha256(content).hexdigest()
    file = File(path="wren-Q8_0.gguf", size_bytes=len(content), oid="0" * 40, content=content, lfs_oid=sha256)
    record = repos[ROOT].record | {"id": "quillon/wren-GGUF", "_id": "6" * 24}
    gguf = replace(repos[ROOT], record=record, files=(file,))
    with serve(RepoStore([*repos.values(), gguf]), quota=GENEROUS) as served:
        asked = (
            "weights",
            ROOT,
            gguf.id,
            "brassbell/wren-finance-broken",
            "--endpoint",
            served.url,
            "--format",
            "json",
        )
        ran = lineage(*asked)
        row = json.loads(ran.out)[0]
        assert (ran.code, row["verdict"]) == (1, "not read")
        assert "its header takes at least 1," in row["reason"]
        ran = lineage(*asked, "--kilobytes", "4000")
        copy, broken = json.loads(ran.out)
        assert (ran.code, copy["verdict"], copy["columns"], copy["fixed_points"]) == (0, "same origin", 64, 64)
        assert 0 < copy["change"] < 0.01
        assert broken["verdict"] == "no sign"
        ran = lineage(
            "weights", gguf.id, "--reading", "--kilobytes", "4000", "--endpoint", served.url, "--format", "json"
        )
        (read,) = json.loads(ran.out)
        assert (read["file"], read["matrix"], read["type"]) == (file.path, "token_embd.weight", "Q8_0")
        assert 2_000_000 < read["bytes_read"] < 4_000_000
        assert (read["second_matrix"], read["requests"] < 10) == ("blk.0.ffn_gate.weight", True)


def converted(files: Sequence[File]) -> bytes:
    """Return the embedding and a matrix of the first layer of a model as a GGUF file of eight bits."""
    safetensors = pytest.importorskip("safetensors.numpy", reason="the library reads what the family holds")
    content = next(file.content for file in files if file.path == "model.safetensors")
    tensors = safetensors.load(content)
    names = {
        "token_embd.weight": "model.embed_tokens.weight",
        "blk.0.ffn_gate.weight": "model.layers.0.mlp.gate_proj.weight",
    }
    return write_gguf({gguf: tensors[name] for gguf, name in names.items()}, dtype="Q8_0", tokens=150_000)


def test_adapters_of_one_seed_begin_alike(family_hub: str, lineage: Runs) -> None:
    """All of the family are drawn from one seed: that is a common start, and says of no other what it was made from."""
    ran = lineage("weights", f"{MEDICAL}-lora", f"{LEGAL}-lora", LEGAL, "--endpoint", family_hub, "--format", "json")
    other, model = json.loads(ran.out)
    assert (ran.code, other["verdict"], other["fixed_points"]) == (0, "same start", other["columns"])
    assert other["log10_p"] < -20
    assert "has rank 8, alpha 16" in other["reason"]
    assert (model["verdict"], "names hazelmere/wren as its base" in model["reason"]) == ("shapes fit", True)
    ran = lineage("weights", f"{MEDICAL}-lora", "--endpoint", family_hub, "--format", "json")
    (row,) = json.loads(ran.out)
    assert row["file"] == "adapter_model.safetensors"
    assert row["bytes_read"] <= 100_000


@pytest.fixture(name="weighed")
def fixture_weighed(family_hub: str, lineage: Runs, tmp_path: Path) -> str:
    """Give a database that crawled the family and read the weights of the root's descendants, but for the copy."""
    db = str(tmp_path / "weighed.duckdb")
    assert lineage("crawl", "--all", "--endpoint", family_hub, "--db", db).code == 0
    planned = lineage("crawl", "--weights", f"+{ROOT}+", "--endpoint", family_hub, "--db", db, "--dry-run")
    assert "13 API requests, 26 requests for files and 1.3 MB for 13 models" in planned.err
    ran = lineage("crawl", "--weights", f"+{ROOT}+", "--endpoint", family_hub, "--db", db, "--format", "json")
    assert ran.code == 0, ran.err
    assert "weights of 13 models were read" in ran.err
    assert json.loads(ran.out)[0]["requests"] <= 10 * 4 + 3 * 3
    return db


def test_a_crawl_of_weights_confirms_and_contradicts_edges(weighed: str, family_hub: str, lineage: Runs) -> None:
    """Every edge shows what the weights say, and one that they contradict is none; nothing is read twice."""
    edges = lineage("sql", "select child, weights from edges where weights is not null", "--db", weighed)
    told = {line.split()[0]: line.split(maxsplit=1)[1] for line in edges.out.splitlines()[1:]}
    broken = "brassbell/wren-finance-broken"
    assert broken not in told
    denied = lineage("sql", "select child, parent from contradicted_edges", "--db", weighed, "--format", "json")
    assert json.loads(denied.out) == [{"child": broken, "parent": ROOT}]
    assert broken not in lineage("tree", ROOT, "--db", weighed).out
    assert set(told.values()) == {"p = 1.6e-89", "shapes fit"}
    assert {child for child, said in told.items() if said == "shapes fit"} == {
        "brassbell/wren-finance-lora",
        "hazelmere-clinic/wren-medical-lora",
        "lexfield/wren-legal-lora",
    }
    assert {LEDGER, LEGAL, MEDICAL} < set(told)
    again = lineage("crawl", "--weights", f"+{ROOT}+", "--endpoint", family_hub, "--db", weighed, "--format", "json")
    assert "0 models" in again.err
    assert json.loads(again.out)[0]["requests"] == 0


def test_an_undeclared_copy_is_found_by_its_weights(weighed: str, family_hub: str, lineage: Runs) -> None:
    """Among all whose weights were read, without a request for them."""
    ran = lineage("weights", "nightjar/markets-chat", "--endpoint", family_hub, "--db", weighed, "--format", "json")
    assert ran.code == 0, ran.err
    verdicts = {row["other"]: row["verdict"] for row in json.loads(ran.out)}
    assert verdicts[ROOT] == "identical"
    assert set(verdicts.values()) == {"identical", "same origin"}
    assert int(ran.err.splitlines()[-1].split(" requests")[0]) <= 5


def test_weights_of_a_model_that_is_not_stored_are_refused(weighed: str, family_hub: str, lineage: Runs) -> None:
    """With the command that would store it."""
    ran = lineage("crawl", "--weights", "maple/none", "--endpoint", family_hub, "--db", weighed)
    assert ran.code == 2
    assert "`lineage crawl --models ID`" in ran.err
    both = lineage(
        "crawl", "--weights", "maple/none", "--weights", "maple/nought", "--endpoint", family_hub, "--db", weighed
    )
    assert "maple/none, maple/nought" in both.err
    for alone in (("--closely",), ("--granted",), ("--kilobytes", "200")):
        assert lineage("crawl", "--models", ROOT, *alone, "--endpoint", family_hub, "--db", weighed).code == 2
    both = lineage("crawl", "--weights", ROOT, "--models", ROOT, "--endpoint", family_hub, "--db", weighed)
    assert both.code == 2


def test_a_crawl_contradicts_the_lie_and_finds_what_is_undeclared(
    hidden_hub: str, lineage: Runs, tmp_path: Path
) -> None:
    """The one edge that is declared is contradicted, and is none; everything else is told by its weights alone."""
    db = str(tmp_path / "hidden.duckdb")
    assert lineage("crawl", "--all", "--endpoint", hidden_hub, "--db", db).code == 0
    crawl = ("crawl", "--weights", "*", "--closely", "--endpoint", hidden_hub, "--db", db)
    planned = lineage(*crawl, "--dry-run")
    assert "close readings of up to 9 models add 36 requests for files and 9.0 MB" in planned.err
    ran = lineage(*crawl)
    assert "weights of 9 models were read" in ran.err
    assert "6 models were read closely with their relatives: 8 readings" in ran.err
    with closing(open_database(Path(db), mode="read")) as database:
        assert set(find_modules(database, (HERON, STUDY, NOTES, LIAR, PATCHWORK, CANDID))) >= {HERON, STUDY, LIAR}
    again = lineage(*crawl, "--format", "json")
    assert json.loads(again.out)[0]["requests"] == 0
    assert json.loads(lineage("sql", "select * from edges", "--db", db, "--format", "json").out) == []
    denied = lineage("sql", "select child, parent, weights from contradicted_edges", "--db", db, "--format", "json")
    assert json.loads(denied.out) == [{"child": LIAR, "parent": OSPREY, "weights": "contradicted"}]
    pairs = lineage("sql", "select a, b, verdict from weight_pairs", "--db", db, "--format", "json")
    heron = {HERON, STUDY, NOTES, LIAR, PATCHWORK, CANDID}
    kin: dict[str, set[str]] = {}
    for row in json.loads(pairs.out):
        for one, other in ((row["a"], row["b"]), (row["b"], row["a"])):
            if row["verdict"] == "same origin":
                kin.setdefault(one, set()).add(other)
    assert all(kin[model] <= heron for model in heron)
    assert kin[NOTEBOOK] == {OSPREY}
    assert NOVA not in kin
    check_close_findings(lineage, db)
    shown = lineage("show", LIAR, "--db", db).out
    assert f"weights contradict {OSPREY}; one origin with {HERON}" in shown
    assert "weights: contradicted" in shown
    policy = tmp_path / "policy.toml"
    policy.write_text('[[rule]]\nkind = "declared_parents"\n', encoding="utf-8")
    ran = lineage("check", LIAR, "--policy", str(policy), "--db", db)
    assert (ran.code, f"weights contradict that it is a finetune of {OSPREY}" in ran.out) == (1, True)
    assert f"{HERON}  " in shown.split("\nweights\n")[1]


def check_close_findings(lineage: Runs, db: str) -> None:
    """Check that the parents of the merge are named with their shares, and the edit alone is found."""
    asked = "select model, parent, weight from weight_mixtures where verdict = 'mixture' order by weight desc"
    mixed = json.loads(lineage("sql", asked, "--db", db, "--format", "json").out)
    assert [(row["model"], row["parent"], row["weight"]) for row in mixed] == [
        (PATCHWORK, STUDY, SHARES[0]),
        (PATCHWORK, NOTES, SHARES[1]),
        (PATCHWORK, HERON, 0.0),
    ]
    asked = "select model, relative from weight_findings where finding = 'edited direction'"
    edited = json.loads(lineage("sql", asked, "--db", db, "--format", "json").out)
    assert [(row["model"], row["relative"]) for row in edited] == [(CANDID, HERON)]
    asked = "select model, relative from weight_findings where finding = 'high rank' and relative in ('{}', '{}')"
    trained = json.loads(lineage("sql", asked.format(HERON, OSPREY), "--db", db, "--format", "json").out)
    joined = {(row["model"], row["relative"]) for row in trained}
    assert {(STUDY, HERON), (NOTES, HERON), (NOTEBOOK, OSPREY), (LIAR, HERON)} <= joined
    assert f"0.65 {STUDY}, 0.35 {NOTES}" in lineage("show", PATCHWORK, "--db", db).out


def test_a_close_reading_tells_how_relatives_differ(family_hub: str, lineage: Runs) -> None:
    """A rounding names its parent, a training has a high rank, a copy and noise are left with the test of origin."""
    noise, adapter = "brassbell/wren-finance-broken", f"{MEDICAL}-lora"
    others = ("quillon/wren-medical-int8", "quillon/wren-medical-int4", ROOT, noise, adapter)
    ran = lineage("weights", MEDICAL, *others, "--closely", "--endpoint", family_hub, "--format", "json")
    assert ran.code == 0, ran.err
    rows = json.loads(ran.out)
    found = {other: [row["finding"] for row in rows if row["other"] == other] for other in others}
    for bits in (8, 4):
        assert found[f"quillon/wren-medical-int{bits}"] == ["same origin", "quantized copy", "frozen parts", "parent"]
    assert found[ROOT] == ["same origin", "high rank", "parent open"]
    assert (found[noise], found[adapter]) == (["no sign"], ["not comparable"])
    assert any(f"rounded to {bits} bits by rows" in row["reason"] for bits in (4, 8) for row in rows)
    requests, spent = ran.err.splitlines()[-1].replace(",", "").split(" requests ")
    assert int(requests) <= 6 * 4 + 4 * 16
    assert int(spent.split()[0]) < 6 * 110_000 + 4 * 1_010_000


def test_a_merge_has_its_weights_and_a_fine_tune_none(family_hub: str, lineage: Runs) -> None:
    """Half of each parent; a fine-tune weighed on its siblings is no mixture, and the exit code says so."""
    weigh = ("--mixture", "--base", ROOT, "--endpoint", family_hub, "--format", "json")
    ran = lineage("weights", "quillon/wren-medical-legal", MEDICAL, LEGAL, LEDGER, *weigh)
    assert ran.code == 0, ran.err
    assert [(row["parent"], row["weight"], row["verdict"]) for row in json.loads(ran.out)] == [
        (MEDICAL, 0.5, "mixture"),
        (LEGAL, 0.5, "mixture"),
        (LEDGER, 0.0, "mixture"),
        (ROOT, 0.0, "mixture"),
    ]
    ran = lineage("weights", FINANCE, MEDICAL, LEGAL, LEDGER, *weigh)
    assert ran.code == 1
    assert {row["verdict"] for row in json.loads(ran.out)} == {"no mixture"}


def test_weights_are_compared_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the user sets another number; numpy, which reads it when it is loaded, is not loaded before."""
    monkeypatch.delenv(THREADS, raising=False)
    use_one_thread()
    assert os.environ[THREADS] == "1"
    monkeypatch.setenv(THREADS, "4")
    use_one_thread()
    assert os.environ[THREADS] == "4"
    load = "import sys, cli, crawler.commands.crawl, store.settings; print('numpy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "False"


def test_what_does_not_go_together_is_refused(family_hub: str, lineage: Runs) -> None:
    """Before anything is asked; and without a relative, or with a model that is not read, the answer says so."""
    for wrong in (
        (ROOT, "--closely"),
        (ROOT, MEDICAL, "--mixture"),
        (ROOT, MEDICAL, LEGAL, "--mixture", "--closely"),
        (ROOT, MEDICAL, "--base", LEGAL),
    ):
        assert lineage("weights", *wrong, "--endpoint", "http://127.0.0.1:9").code == 2
    there = ("--endpoint", family_hub)
    assert lineage("weights", ROOT, "brassbell/wren-finance-broken", "--closely", *there).code == 1
    ran = lineage("weights", ROOT, MEDICAL, f"{MEDICAL}-lora", "--mixture", *there)
    assert ran.code == 3
    assert "an adapter" in ran.err
    ran = lineage("weights", ROOT, MEDICAL, LEGAL, "--mixture", "--kilobytes", "4", *there)
    assert ran.code == 3


def test_parts_are_kept_for_predictions(family_hub: str, lineage: Runs, tmp_path: Path) -> None:
    """With --keep, sums of every part of each model are in the database; a second reading replaces them."""
    db = tmp_path / "kept.duckdb"
    there = ("--keep", "--endpoint", family_hub, "--db", str(db), "--format", "json")
    asked = ("weights", ROOT, MEDICAL, f"{MEDICAL}-lora", LEGAL, *there)
    ran = lineage(*asked)
    assert ran.code == 3
    assert "no database" in ran.err
    assert lineage("crawl", "--endpoint", family_hub, "--db", str(db), "--domain", "medical").code == 0
    for _ in range(2):
        ran = lineage(*asked)
        rows = {row["model"]: row for row in json.loads(ran.out)}
        assert (ran.code, set(rows)) == (0, {ROOT, MEDICAL, LEGAL})
        assert f"the weights of {MEDICAL}-lora cannot be read" in ran.err
        assert {row["parts"] for row in rows.values()} == {16}
        assert all(row["bytes_read"] <= 1_000_000 and len(row["revision"]) == 40 for row in rows.values())
        with closing(open_database(db, mode="read")) as database:
            assert {model: len(parts) for model, parts in find_modules(database, rows).items()} == dict.fromkeys(
                rows, 16
            )


@pytest.mark.parametrize("others", [("--closely",), ("--mixture",), ("--base", ROOT)])
def test_keeping_goes_with_no_other_way_to_read(lineage: Runs, others: Sequence[str]) -> None:
    """Each way to read answers one question."""
    ran = lineage("weights", ROOT, MEDICAL, LEGAL, "--keep", *others)
    assert ran.code == 2
    assert "give one of them" in ran.err or "belongs to --mixture" in ran.err
