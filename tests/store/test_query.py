"""What a user's statement may do: read this database, and nothing else."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from store.connect import open_database
from store.errors import StatementRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from store.database import Database


@pytest.fixture(name="reader")
def fixture_reader(tmp_path: Path) -> Iterator[Database]:
    """Give an empty database that is open to be read."""
    open_database(tmp_path / "lineage.duckdb").close()
    opened = open_database(tmp_path / "lineage.duckdb", "read")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "text",
    [
        "create table mine (a integer)",
        "create temp table mine as select 1",
        "create or replace view models as select 1",
        "insert into hub.gone select 'a', 'b', 'c', 1, now()",
        "update hub.models set id = 'x'",
        "delete from hub.models",
        "drop view models",
        "alter table hub.models drop column body",
        "comment on view models is 'mine'",
        "copy models to 'stolen.csv'",
        "copy (select 1) to '/dev/stdout'",
        "export database 'everything'",
        "import database 'everything'",
        "attach 'other.duckdb'",
        "detach lineage",
        "install httpfs",
        "load httpfs",
        "update extensions",
        "create secret mine (type s3)",
        "from enable_logging(level = 'trace', storage = 'stdout')",
        "from enable_logging(storage = 'file', storage_path = 'log')",
        "from disable_logging()",
        "from enable_profiling(save_location = 'profile.json', format = 'json')",
        "from enable_profiling()",
        "from query('attach ''x.duckdb''')",
        "from json_execute_serialized_sql('{}')",
        "pragma json_execute_serialized_sql('{}')",
        "from python_arrow_scan(1, 2, 3)",
        "from tmp_path",
        "from caught",
        "select getenv('HF_TOKEN')",
        "from read_blob('/etc/hostname')",
        "from sniff_csv('/etc/hostname')",
        "from parquet_metadata('x.parquet')",
        "from 'https://example.org/x.parquet'",
        "from read_duckdb('other.duckdb')",
        "set memory_limit = '1GB'",
        "set enable_external_access = true",
        "reset threads",
        "pragma database_size",
        "pragma enable_profiling",
        "call pragma_version()",
        "checkpoint",
        "vacuum",
        "begin",
        "prepare mine as select 1",
        "use memory",
        "explain analyze delete from hub.models",
        "select * from read_csv('/etc/hostname')",
        "from read_text('/etc/hostname')",
        "from read_json_objects('/etc/hostname')",
        "from read_parquet('x.parquet')",
        "from glob('/etc/*')",
        "from '/etc/hostname'",
        "from duckdb_secrets()",
        "select 1; select 2",
        "select 1; drop view models",
        "",
        "-- nothing but a remark",
        "selec",
        "select nobody from models",
        "from models limit ?",
        "select interval '1000000000 years'",
    ],
)
def test_a_users_statement_only_reads_this_database(reader: Database, tmp_path: Path, text: str) -> None:
    """What writes, changes a setting, reads other files or is no single sound statement is refused with the reason."""
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StatementRefused) as caught:
        reader.query(text)
    assert str(caught.value)
    assert caught.value.exit_code == 2
    assert sorted(tmp_path.iterdir()) == before
    assert reader.query("select count(*) from models").rows == ((0,),)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("select 1", ((1,),)),
        ("values (1), (2)", ((1,), (2,))),
        ("with x as (select 1) from x", ((1,),)),
        ("pivot (select 'a' as k, 2 as v) on k using sum(v)", ((2,),)),
        ("select 1 where false", ()),
    ],
)
def test_a_users_statement_that_reads_is_answered(
    reader: Database, text: str, rows: tuple[tuple[object, ...], ...]
) -> None:
    """Every form of question is answered with its columns and rows."""
    answer = reader.query(text)
    assert answer.columns
    assert answer.rows == rows


@pytest.mark.parametrize("text", ["show tables", "describe models", "summarize models", "explain select 1"])
def test_the_database_can_be_explored(reader: Database, text: str) -> None:
    """What people type first to find their way works."""
    assert reader.query(text).rows


def test_a_parameter_of_a_users_statement_is_a_value(reader: Database) -> None:
    """A parameter is never part of the statement."""
    assert reader.query("select ?", ["'; drop view models"]).rows == (("'; drop view models",),)


def test_two_handles_of_one_file_print_utc_and_change_nothing(reader: Database) -> None:
    """What one handle locked holds for another of the same process, which opens and reads all the same."""
    with closing(open_database(reader.path, "read")) as second:
        for one in (reader, second, second.sibling()):
            asked = "select current_setting('TimeZone'), current_setting('lock_configuration')"
            assert one.query(asked).rows == (("UTC", True),)
