"""The schema: its contract, its meaning, and that every statement fits it."""

from __future__ import annotations

import re
import shutil
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from lineage.vocabulary import EngineName
from store.connect import migrations, open_database
from store.derive.shapes import SHAPE_COLUMNS
from store.derive.touched import touch_all
from store.errors import StoreError
from store.ingest.advisories import ADVISORY_COLUMNS, AFFECTED_COLUMNS
from store.ingest.crawl_store import DuckDBCrawlStore
from store.jobs.queue import JOB_COLUMNS
from store.maintenance.interventions import TRIAL_COLUMNS
from store.scores.noise_floors import FLOOR_COLUMNS
from store.scores.pulled_files import PULLED_COLUMNS
from store.scores.scorer_agreement import CALIBRATION_COLUMNS
from store.scores.write import INSTRUMENT_COLUMNS, SCORE_COLUMNS
from store.statements import statement, statement_names
from store.weights.kin import CHANGE_COLUMNS, FINDING_COLUMNS, MIXTURE_COLUMNS, SUMMARY_COLUMNS
from store.weights.modules import COLUMNS as MODULE_COLUMNS
from store.weights.pairs import PAIR_COLUMNS
from store.weights.readings import FILE_COLUMNS, MATRIX_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from store.database import Database
    from tests.store.conftest import LaterSchema

    Rows = Callable[[Database, str], list[tuple[object, ...]]]

EXPORT_MACROS = ("export/create_cell", "export/create_line", "export/create_moment")
EXPORT_MODELS = ("export/create_placed", "export/create_noted", "export/create_models")
LOCKING = "lock_settings"  # what follows on the same connection could set nothing: it has a test of its own
OF_TWO_DATABASES = "diff"  # tests/store/outputs/test_diff.py opens two for them
STATEMENTS = [
    name
    for name in statement_names()
    if not name.startswith(f"{OF_TWO_DATABASES}/") and not name.endswith(f"/{LOCKING}")
]
SUBJECTS = ("inferred_parents/collect_signs", "inferred_parents/collect_subjects")
NAMED_BASES = (*SUBJECTS, "inferred_parents/collect_base_names")
LOOKED_AT = ("add_signs", "count_buckets", "use_bases")
NAMED = (*NAMED_BASES, "inferred_parents/collect_forms")
CHANGED = ("touched/collect_changed", "touched/collect_figured", "touched/collect_touched")
RENEWED = (
    *CHANGED,
    *(f"touched/collect_{name}" for name in ("evidence", "linked", "moved")),
    "graph_tables/collect_renewed",
)
NAMING = ("collect_names", "name_some", "collect_resolved", "collect_elsewhere", "collect_seeds")
RESOLVED = (*CHANGED, *(f"touched/{name}" for name in NAMING))
AUTHORED = (*RESOLVED, "touched/collect_authored")
SEEN = (*CHANGED, "touched/collect_read", "inferred_parents/collect_forms", "touched/collect_seen")
LINKED = (*CHANGED, "touched/collect_evidence", "touched/collect_linked")
MOVED = (*LINKED, "touched/collect_moved")
MATCHED = (*NAMED, "inferred_parents/collect_matches")
SUGGESTED = (
    *MATCHED,
    "inferred_parents/collect_named_bases",
    "inferred_parents/collect_own_originals",
)
GATHERED = ("parents/collect_weighed", "parents/collect_edges")
NEEDS_FIRST = {
    **dict.fromkeys(("refresh/drop_recreated", "refresh/keep_recreated"), ("refresh/collect_recreated",)),
    "parents/add_written": ("parents/collect_declarations",),
    "parents/list_texts": ("parents/collect_declarations",),
    "parents/collect_readings": ("parents/collect_declarations",),
    "parents/insert_declarations": ("parents/collect_declarations", "parents/collect_readings"),
    "parents/collect_silent": GATHERED,
    **dict.fromkeys(("parents/list_silent", "parents/insert_edges"), (*GATHERED, "parents/collect_silent")),
    **dict.fromkeys(
        ("origins/insert_likely_parents", "parents/collect_edges", "parents/insert_contradicted"), GATHERED[:-1]
    ),
    **dict.fromkeys(
        ("copied_cards/find_originals", "copied_cards/list_copies"),
        (*SUBJECTS, "copied_cards/collect_claims"),
    ),
    **dict.fromkeys(
        (
            "inferred_parents/insert_plain_tags",
            "inferred_parents/list_children",
            "inferred_parents/list_copies",
            "inferred_parents/list_parents",
            "inferred_parents/list_popular",
            "inferred_parents/list_uploads",
        ),
        SUBJECTS,
    ),
    **dict.fromkeys(
        ("inferred_parents/insert_file_names", "inferred_parents/insert_sentences"),
        ("inferred_parents/collect_named_in_files",),
    ),
    "inferred_parents/insert_names_or_paths": (*SUBJECTS, "inferred_parents/collect_named_in_files"),
    **dict.fromkeys(("inferred_parents/list_matched", "inferred_parents/list_matches"), MATCHED),
    "inferred_parents/list_named_bases": (*NAMED_BASES, "inferred_parents/collect_named_bases"),
    **dict.fromkeys(("inferred_parents/collect_named_bases", "inferred_parents/keep_bases"), NAMED_BASES),
    **dict.fromkeys(
        (
            *(f"touched/{name}" for name in ("add_by_tag", "add_curated", "add_names")),
            *(f"touched/{name}" for name in ("change_some", "collect_names", "mark_touched", "touch_some")),
        ),
        (*CHANGED, "touched/collect_names"),
    ),
    **dict.fromkeys(("touched/collect_touched", "touched/collect_records"), CHANGED[:1]),
    **dict.fromkeys(("touched/list_figured", "touched/see_declarations", "touched/see_evidence"), CHANGED[1:2]),
    "touched/read_some": (*CHANGED[:1], "touched/collect_records"),
    "touched/collect_read": CHANGED,
    **dict.fromkeys(("touched/tell_some", "touched/sign_some"), (*CHANGED, "touched/collect_read")),
    "touched/sign_asked": (*CHANGED, "touched/collect_read", *SUGGESTED, "inferred_parents/collect_asked"),
    "touched/list_linked": LINKED,
    "touched/collect_linked": LINKED[:-1],
    "graph_tables/collect_renewed": RENEWED[:-1],
    **dict.fromkeys(
        (f"graph_tables/{name}" for name in ("add_nodes", "list_renewed", "renew_nodes", "renew_places")), RENEWED
    ),
    **dict.fromkeys(("touched/collect_moved", "touched/link_some"), LINKED),
    **dict.fromkeys(("touched/collect_kin", "touched/list_moved"), MOVED),
    "touched/kin_some": (*MOVED, "touched/collect_kin"),
    "touched/collect_resolved": RESOLVED[:-3],
    "touched/collect_elsewhere": RESOLVED[:-2],
    "touched/name_some": RESOLVED[:-4],
    "touched/collect_seeds": RESOLVED[:-1],
    **dict.fromkeys(("touched/add_by_file", "touched/add_resolved", "touched/collect_authored"), RESOLVED),
    "touched/add_by_figures": CHANGED,
    **dict.fromkeys(("touched/add_by_author", "touched/add_by_name"), AUTHORED),
    "touched/collect_seen": SEEN[:-1],
    **dict.fromkeys(
        (f"touched/{name}" for name in ("add_alike", "add_bases", "count_seen", "see_some", "see_some_places")), SEEN
    ),
    **dict.fromkeys(("parents/mark_copies", "parents/unmark_copies"), ("parents/collect_originals",)),
    "inferred_parents/collect_subjects": SUBJECTS[:1],
    **dict.fromkeys((*NAMED_BASES[2:], *(f"inferred_parents/{name}" for name in LOOKED_AT)), SUBJECTS),
    **dict.fromkeys(("inferred_parents/collect_matches", "inferred_parents/collect_own_originals"), NAMED),
    "inferred_parents/collect_asked": SUGGESTED,
    "inferred_parents/list_bucket": (*SUGGESTED, "inferred_parents/collect_asked"),
    **{
        f"export/{table}_{form}": (*EXPORT_MACROS, *made)
        for table, made in {
            "models": EXPORT_MODELS,
            **{other: (f"export/create_{other}",) for other in ("edges", "scores", "drift")},
        }.items()
        for form in ("csv", "neo4j", "parquet", "rows")
    },
    **{
        f"current_scores/{name}": ("current_scores/create_counted", "current_scores/create_contested")
        for name in ("insert_standing", "insert_contradictory", "empty_counted", "empty_contested")
    },
    "current_scores/create_contested": ("current_scores/create_counted",),
    "export/create_noted": EXPORT_MODELS[:1],
    "export/create_models": EXPORT_MODELS[:2],
    "export/list_models": (*EXPORT_MACROS, *EXPORT_MODELS),
    "export/count_edges": ("export/create_all_edges",),
    **dict.fromkeys(("explorer/edges", "explorer/proofs"), ("explorer/number_evidence",)),
    **dict.fromkeys(("weights/collect_related", "weights/wanted"), ("weights/collect_above",)),
    **dict.fromkeys(
        ("weights/kin_pairs", "weights/mixture_candidates"), ("weights/collect_above", "weights/collect_related")
    ),
}
MADE = {"create", "drop", "truncate"}  # these cannot be prepared: they run, and are rolled back
FOR_GOOD = {"set", "reset", "checkpoint"}  # nor can these, and no roll-back undoes them: they run on a database each
LENT = {
    "lent_advisories": " ".join(ADVISORY_COLUMNS),
    "lent_affected": " ".join(AFFECTED_COLUMNS),
    "lent_walks": "walk state request until number",
    "lent_lexicon_domains": "place name title colour risk",
    "lent_names": "alias body",
    "lent_gone": "id status evidence",
    "lent_files": "model path sha content absent",
    "lent_hashes": "model path sha size_bytes oid lfs_oid",
    "lent_written": "child evidence text seen_at",
    "lent_readings": "evidence text declared_as relation named form reason",
    "lent_ranks": "kind rank at_least",
    "lent_relations": "written relation",
    "lent_inferred": "number relation reason",
    "lent_facts": "model parent relation source checked_at",
    "lent_weights": "evidence resolution confidence",
    "lent_hidden": "child",
    "lent_signs": "tag place bit",
    "lent_base_names": "words id",
    "lent_figures": "id low high",
    "lent_keys": "key",
    "lent_copies": "child words",
    "lent_habits": "key parent authors",
    "lent_weights_of_habits": "parameters",
    "lent_originals": "child words owner rank",
    "lent_copied": "child words original",
    "lent_conclusions": "child parent rule relation declared_as confidence",
    "lent_candidates": "id",
    "lent_named": "kind child named relation text",
    "lent_hints": "child hint text",
    "lent_families": "nid root depth size component inferred",
    "lent_cycles": "group_number nid",
    "lent_roots": "nid root distance inferred",
    "lent_reach": "nid derivatives exposure inferred family_inferred",
    **dict.fromkeys(("lent_profiles", "lent_members", "lent_nodes", "lent_selected", "lent_asked"), "nid"),
    "lent_added": "id nid",
    "lent_renumbered": "nid number",
    "lent_links": "child parent relation inferred confidence",
    "lent_domains": "model domain confidence signals",
    "lent_datasets": "model declared_as",
    "lent_shapes": " ".join(SHAPE_COLUMNS),
    "lent_variants": "nid variant",
    "lent_licences": "license class rank",
    "lent_inherited": "nid ancestor path distance confidence inferred",
    "lent_runs": "run",
    "lent_scored_names": "number named repository variant",
    "lent_instruments": " ".join(INSTRUMENT_COLUMNS),
    "lent_scores": " ".join(SCORE_COLUMNS),
    "lent_items": "item value cluster reply_length",
    "lent_replies": "item reply",
    "lent_pulled_files": " ".join(PULLED_COLUMNS),
    "lent_rescored": "run original",
    "lent_calibrations": " ".join(CALIBRATION_COLUMNS),
    "lent_noise_floors": " ".join(FLOOR_COLUMNS),
    "lent_trials": " ".join(TRIAL_COLUMNS),
    "lent_drift": "model reference against_place instrument_place reference_instrument_place distance relation_place "
    "delta stderr ci_low ci_high p_value q_value p_equivalence q_equivalence tests verdict_place pairing_place "
    "method_place items left_out clusters minimum_detectable at_risk worsened recovered guard_place "
    "lineage_confidence likely_parent likely_confidence reason template_place nid is_file value reference_value score "
    "reference_score",
    "lent_numbers": "number",
    "lent_specs": "key reason",
    **dict.fromkeys(("lent_models", "lent_asked_names"), "model"),
    "lent_weight_files": " ".join(FILE_COLUMNS),
    "lent_matrices": " ".join(MATRIX_COLUMNS),
    "lent_modules": " ".join(MODULE_COLUMNS),
    "lent_pairs": " ".join(PAIR_COLUMNS),
    "lent_findings": " ".join(FINDING_COLUMNS),
    "lent_changes": " ".join(CHANGE_COLUMNS),
    "lent_summaries": " ".join(SUMMARY_COLUMNS),
    "lent_mixtures": " ".join(MIXTURE_COLUMNS),
    "lent_jobs": " ".join(JOB_COLUMNS),
}
TEXT, NUMBER, TIME, TEXTS = "VARCHAR", "BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR[]"
CONTRACT: dict[str, dict[str, str]] = {
    "models": {
        **dict.fromkeys(("id", "hub_id", "author", "revision", "pipeline_tag", "library", "license", "gated"), TEXT),
        **dict.fromkeys(("created_at", "last_modified_at", "first_seen_at", "last_seen_at"), TIME),
        **dict.fromkeys(("downloads", "downloads_all_time", "likes", "parameters"), NUMBER),
        **dict.fromkeys(("tags", "datasets", "languages"), TEXTS),
        "status": TEXT,
    },
    "aliases": {"alias": TEXT, "id": TEXT},
    "edges": {
        **dict.fromkeys(("child", "parent", "relation", "evidence", "declared_relation", "hub_relation"), TEXT),
        **dict.fromkeys(("declared_as", "parent_status"), TEXT),
        **dict.fromkeys(("first_seen_at", "last_seen_at"), TIME),
        "confidence": "DOUBLE",
        "inferred": "BOOLEAN",
        "rule": TEXT,
        **dict.fromkeys(("original", "weights", "findings"), TEXT),
        "original_inferred": "BOOLEAN",
    },
    "new_versions": dict.fromkeys(("model", "new_version", "declared_as", "resolution"), TEXT),
    "evidence": {
        **dict.fromkeys(("child", "parent", "kind", "relation", "declared_as", "resolution", "rule"), TEXT),
        "carried_over_from": TEXT,
        **dict.fromkeys(("first_seen_at", "last_seen_at"), TIME),
        **dict.fromkeys(("inferred", "is_edge"), "BOOLEAN"),
        "confidence": "DOUBLE",
    },
    "corrections": {
        **dict.fromkeys(("child", "parent", "verdict", "relation", "note"), TEXT),
        "made_at": TIME,
    },
    "advisories": {**dict.fromkeys(("id", "summary", "severity", "record"), TEXT), "models": TEXTS, "stored_at": TIME},
    "affected": {"advisory": TEXT, "model": TEXT, "commits": TEXTS, "is_exact": "BOOLEAN"},
    "shapes": {
        **dict.fromkeys(("model", "architecture", "model_type", "quantization", "name_or_path"), TEXT),
        **dict.fromkeys(("hidden_size", "layers", "heads", "vocabulary", "parameters"), NUMBER),
        "rope_theta": "DOUBLE",
        "evidence": TEXTS,
    },
    "trained_on": dict.fromkeys(("model", "dataset", "evidence", "declared_as"), TEXT),
    "domains": {"model": TEXT, "domain": TEXT, "basis": TEXT, "confidence": "DOUBLE", "signals": TEXTS},
    "families": {
        "model": TEXT, "root": TEXT, "depth": "INTEGER", "family_size": "INTEGER", "component": TEXT
    },
    "instruments": {
        **dict.fromkeys(("instrument", "name", "construct", "direction", "item_set_hash", "scorer", "judge"), TEXT),
        **dict.fromkeys(("judge_prompt_hash", "template", "decoding"), TEXT),
        "items": "INTEGER",
    },
    "scores": {
        **dict.fromkeys(("model", "revision", "instrument", "source", "run", "state"), TEXT),
        **dict.fromkeys(("value", "stderr"), "DOUBLE"),
        "items": "INTEGER",
        "measured_at": TIME,
    },
    "pulled_files": {
        **dict.fromkeys(("dataset", "path", "revision", "licence", "hash", "origin"), TEXT),
        "size_bytes": NUMBER,
        **dict.fromkeys(("scores", "left_out"), "INTEGER"),
        "left_models": TEXTS,
        "pulled_at": TIME,
    },
    "items": {"run": TEXT, "item": TEXT, "value": "DOUBLE", "reply_length": "INTEGER"},
    "drift": {
        **dict.fromkeys(("model", "reference", "against", "instrument", "verdict", "pairing"), TEXT),
        **dict.fromkeys(("delta", "stderr", "ci_low", "ci_high", "p_value", "q_value", "minimum_detectable"), "DOUBLE"),
    },
    "weight_files": {
        **dict.fromkeys(("model", "revision", "file", "file_sha256", "header_sha256", "unread"), TEXT),
        **dict.fromkeys(("file_bytes", "parameters", "bytes_read"), NUMBER),
        **dict.fromkeys(("tensors", "requests"), "INTEGER"),
        "read_at": TIME,
    },
    "weight_pairs": {
        **dict.fromkeys(("a", "b", "verdict", "p", "reason", "a_revision", "b_revision"), TEXT),
        **dict.fromkeys(("log10_p", "correlation", "equal_share", "change"), "DOUBLE"),
        **dict.fromkeys(("fixed_points", "columns", "rows"), "INTEGER"),
        "contradicts": "BOOLEAN",
        "compared_at": TIME,
    },
    "jobs": {
        **dict.fromkeys(("model", "revision", "instrument", "state", "reason", "error"), TEXT),
        **dict.fromkeys(("priority", "cost_seconds"), "DOUBLE"),
        **dict.fromkeys(("job", "attempts"), "INTEGER"),
    },
    "attempts": {
        **dict.fromkeys(("model", "instrument", "engine", "outcome", "error"), TEXT),
        **dict.fromkeys(("job", "attempt", "items"), "INTEGER"),
        **dict.fromkeys(("started_at", "ended_at"), TIME),
        "tokens": NUMBER,
        **dict.fromkeys(("seconds", "expected_seconds"), "DOUBLE"),
    },
    "crawls": {
        **dict.fromkeys(("scope", "state", "cursor"), TEXT),
        **dict.fromkeys(("started_at", "finished_at"), TIME),
        **dict.fromkeys(("requests", "records", "bytes"), NUMBER),
        "crawl": "INTEGER",
    },
    "problems": {**dict.fromkeys(("model", "field", "problem", "value"), TEXT), "crawl": "INTEGER"},
}  # fmt: skip


@pytest.mark.parametrize("view", CONTRACT)
def test_a_view_has_the_columns_of_the_contract(database: Database, rows_of: Rows, view: str) -> None:
    """Every promised column is there with its type; more may follow."""
    columns = {str(row[0]): str(row[1]) for row in rows_of(database, f"describe {view}")}
    assert CONTRACT[view].items() <= columns.items()


def test_every_view_and_column_says_what_it_means(database: Database, rows_of: Rows) -> None:
    """The documentation is made from comments: none is missing, and None is explained where a column may be empty."""
    where = "where not internal and schema_name = 'main' and comment is null"
    assert rows_of(database, f"select view_name from duckdb_views() {where}") == []  # noqa: S608 -- our own clause
    assert rows_of(database, f"select table_name, column_name from duckdb_columns() {where}") == []  # noqa: S608 -- our own clause


def test_a_migrated_schema_is_a_fresh_one(tmp_path: Path, later_schema: LaterSchema) -> None:
    """A database that grew from the version before has the same tables, views, columns and comments as a new one."""
    grown, fresh = tmp_path / "grown.duckdb", tmp_path / "fresh.duckdb"
    open_database(grown).close()
    before = _shape(grown)
    later_schema()
    for path in (grown, fresh):
        open_database(path).close()
    assert _shape(grown) == _shape(fresh)
    assert len(_shape(fresh)) > len(before) > 150


def test_each_view_and_macro_is_defined_once() -> None:
    """A reader finds the one definition of every view, macro and table, and the one comment on it."""
    text = "\n".join(migrations())
    made = re.findall(
        r"^(create (?:or replace )?(?:view|macro|table) [\w.]+|comment on \w+ [\w.\"]+)", text, re.MULTILINE
    )
    assert len(made) > 300
    assert [line for line in made if made.count(line) > 1 or "or replace" in line] == []


def _shape(path: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(
            "select schema_name, table_name, column_name, data_type, is_nullable, column_default, comment "
            "from duckdb_columns() where not internal order by all"
        ).fetchall()


def _code(text: str) -> str:
    return re.sub(r"--[^\n]*|'[^']*'", " ", text)


def _first_word(name: str) -> str:
    return _code(statement(name)).split(maxsplit=1)[0]


def _run(name: str, database: Database) -> None:
    values = {
        "path": str(_page(database)),
        "paths": [str(_page(database))],
        "folder": str(database.path.parent),
        "id_pattern": "a",
        "tag_pattern": "b",
        "tags": [],
        "tag_prefixes": [],
        "relation_pattern": "a|b",
        "size": "400MB",
    }
    database.run(name, **{key: values.get(key) for key in _parameters(name)})


@contextmanager
def furnishing(empty: Path, folder: Path) -> Iterator[Database]:
    """Give a fresh database with the tables and files that callers lend to statements, the files in a folder."""
    database = open_database(shutil.copyfile(empty, folder / "furnished.duckdb"))
    with closing(database), DuckDBCrawlStore(database) as store, ExitStack() as lent:
        database._connection.execute(f"copy (select '1' as _id) to '{folder}/x.parquet' (format parquet)")
        _page(database).write_text("[]")
        _prepare(database, store, lent)
        yield database


@pytest.fixture(name="furnished", scope="module")
def fixture_furnished(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give one that every test leaves as it was."""
    with furnishing(empty, tmp_path_factory.mktemp("furnished")) as database:
        yield database


@pytest.mark.parametrize("name", [name for name in STATEMENTS if _first_word(name) not in FOR_GOOD])
def test_every_statement_fits_the_schema(furnished: Database, rows_of: Rows, name: str) -> None:
    """Every statement can be planned against a fresh schema with the tables that its caller lends."""
    rows_of(furnished, "begin")
    try:
        for earlier in NEEDS_FIRST.get(name, ()):
            furnished.run(earlier, **{key: ["x"] for key in _parameters(earlier)})
        if _first_word(name) in MADE:
            _run(name, furnished)
        else:
            parquet = furnished.path.with_name("x.parquet")
            rows_of(furnished, f"prepare fits as {statement(name).replace('$path', repr(str(parquet)))}")
    finally:
        rows_of(furnished, "rollback")  # the next statement finds the schema as it was made


@pytest.mark.parametrize("name", [name for name in STATEMENTS if _first_word(name) in FOR_GOOD])
def test_what_is_set_for_good_fits_too(empty: Path, tmp_path: Path, name: str) -> None:
    """Settings and checkpoints run on a fresh database that has the tables which callers lend."""
    with furnishing(empty, tmp_path) as database:
        for earlier in NEEDS_FIRST.get(name, ()):
            database.run(earlier, **{key: ["x"] for key in _parameters(earlier)})
        _run(name, database)


def test_what_the_core_decides_is_no_literal() -> None:
    """The order of relations, the least confidence that lists a model and the names of engines reach SQL as values."""
    literal = re.compile(rf"'(?:finetune|{'|'.join(EngineName)})'|confidence\s*[<>]=?\s*0?\.\d|'auto', 'manual'")
    assert {name: found for name in statement_names() if (found := literal.findall(statement(name)))} == {}


def test_settings_can_be_locked(database: Database) -> None:
    """The statement that locks settings fits, and then nobody changes one."""
    database.run(f"database/{LOCKING}")
    with pytest.raises(StoreError, match="locked"):
        database.run("database/use_one_thread")


def _prepare(database: Database, store: DuckDBCrawlStore, lent: ExitStack) -> None:
    from datetime import UTC, datetime

    from lineage.domains.lexicon_file import default_lexicon

    touch_all(database)
    store.set_relevance(default_lexicon(), since=datetime(2026, 3, 1, tzinfo=UTC), siblings=False)
    numbers = {
        *("nid", "root", "depth", "size", "component", "ancestor", "distance", "confidence", "group_number", "rank"),
        *("parameters", "inferred", "family_inferred", "at_least", "place", "bit"),
    }
    for table, names in LENT.items():
        columns = {key: np.array([0 if key in numbers | {"number", "size_bytes"} else "x"]) for key in names.split()}
        if "seen_at" in columns:
            columns["seen_at"] = np.array(["2026-03-01"], dtype="datetime64[us]")
        lent.enter_context(database.columns(table, **columns))


def _page(database: Database) -> Path:
    return Path(str(database._connection.execute("select getvariable('page_paths')[1]").fetchall()[0][0]))


def _parameters(name: str) -> list[str]:
    return sorted(set(re.findall(r"\$([a-z_]+)", _code(statement(name)))))
