"""What commands and the crawl read of a small family: listings, one model, trees, and what is still to be asked."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from lineage.crawl_records import PageFacts, Spent, WalkRow, WalkStep
from store.connect import open_database
from store.derive.model_names import NoSuchModel, find_model
from store.ingest.crawl_store import GIVEN_UP
from store.queries.models import list_models, most_derived, read_status, show_model
from store.queries.trees import draw_tree, list_tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.store.conftest import Desk, Filled

START = datetime(2026, 3, 1, tzinfo=UTC)
ENDPOINT = "http://127.0.0.1:1"
EVERY_FILTER: dict[str, object] = dict.fromkeys(
    ("domain", "basis", "confidence", "author", "library", "license", "relation", "status", "search")
) | {"undeclared": None, "unscored": None, "sort": "downloads"}


def fill(desk: Desk) -> None:
    """Store a medical family: a base, its fine-tune, an adapter of that, a merge with a missing parent, a stranger."""
    desk.take(
        [
            desk.record(1, id="maple/base", downloads=900, childrenModelCount={"finetune": 2}),
            desk.record(2, id="maple/medical-llm", tags=["base_model:finetune:maple/base", "medical"], downloads=50),
            desk.record(3, id="maple/medical-lora", tags=["base_model:adapter:maple/medical-llm"], likes=4),
            desk.record(4, id="maple/mixed", tags=["base_model:merge:maple/medical-llm", "base_model:merge:gone/one"]),
            desk.record(5, id="maple/Stranger", childrenModelCount={"finetune": 0}, tags=7),
        ]
    )
    desk.derive()


@pytest.fixture(name="family")
def fixture_family(filled: Filled) -> Desk:
    """Give a medical family: a base, its fine-tune, an adapter of that, a merge with a missing parent, a stranger."""
    return filled(fill)


def test_a_name_leads_to_its_model(family: Desk) -> None:
    """The id itself, or in other capitals; a wrong one names the nearest."""
    assert find_model(family.database, "maple/base") == "maple/base"
    assert find_model(family.database, "MAPLE/stranger") == "maple/Stranger"
    assert find_model(family.database, "gone/one") == "gone/one"
    with pytest.raises(NoSuchModel, match="medical-lm") as caught:
        show_model(family.database, "maple/medical-lm")
    assert caught.value.nearest[0] == "maple/medical-llm"
    assert "maple/medical-llm" in caught.value.hint
    assert caught.value.exit_code == 1


def test_the_most_downloaded_of_the_nearest_comes_first(desk: Desk) -> None:
    """A name without its organisation has many copies that are spelt alike; the far ones come after all of them."""
    copies = [desk.record(number, id=f"{'abcdefgh'[number]}/elm-7b", downloads=number) for number in range(8)]
    desk.take([*copies, desk.record(9, id="a/elk-7b-chat", downloads=900)])
    desk.derive()
    with pytest.raises(NoSuchModel) as caught:
        find_model(desk.database, "elm-7b")
    assert caught.value.nearest == ("h/elm-7b", "g/elm-7b", "f/elm-7b", "e/elm-7b", "d/elm-7b")


def test_what_is_really_of_a_domain_comes_first(desk: Desk) -> None:
    """A model with a weak sign follows those that an analyst would list, however often it is downloaded."""
    desk.take(
        [
            desk.record(1, id="maple/any", tags=["medical"], downloads=900),
            desk.record(2, id="maple/medical-llm", downloads=5),
        ]
    )
    desk.derive()
    answer = list_models(desk.database, limit=0, selector=None, **{**EVERY_FILTER, "domain": "medical"})
    assert [row["id"] for row in answer.records()] == ["maple/medical-llm", "maple/any"]
    assert answer.columns[:2] == ("id", "downloads")


def test_a_bare_legacy_name_leads_to_where_the_hub_moved_it(desk: Desk) -> None:
    """Whether or not a model declares it, in any capitals; a namesake that was never moved does not count."""
    moved_at = "2022-03-02T23:29:04.000Z"
    desk.take(
        [
            desk.record(1, id="openai-community/gpt2", createdAt=moved_at),
            desk.record(2, id="google-bert/bert-base-uncased", createdAt=moved_at),
            desk.record(3, id="maple/tuned", tags=["base_model:finetune:gpt2"]),
            desk.record(4, id="openai-community/later"),
        ]
    )
    desk.derive()
    assert find_model(desk.database, "gpt2") == "openai-community/gpt2"
    assert find_model(desk.database, "GPT2") == "openai-community/gpt2"
    assert find_model(desk.database, "bert-base-uncased") == "google-bert/bert-base-uncased"
    assert show_model(desk.database, "bert-base-uncased").rows
    with pytest.raises(NoSuchModel):
        find_model(desk.database, "later")


def test_an_empty_database_says_so(desk: Desk) -> None:
    """Where nothing is stored there is nothing near, and the way out is a crawl."""
    with pytest.raises(NoSuchModel) as caught:
        find_model(desk.database, "maple/base")
    assert "lineage crawl" in caught.value.hint
    with pytest.raises(NoSuchModel):
        most_derived(desk.database, "medical")
    assert read_status(desk.database).rows


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"search": "LORA"}, ["maple/medical-lora"]),
        ({"author": "MAPLE", "undeclared": True}, ["maple/base", "maple/Stranger"]),
        ({"relation": "merge"}, ["maple/mixed"]),
        ({"status": "missing"}, ["gone/one"]),
        ({"domain": "medical", "basis": "own", "confidence": 0.5}, ["maple/medical-llm", "maple/medical-lora"]),
        (
            {"domain": "medical", "undeclared": False, "sort": "likes"},
            ["maple/medical-lora", "maple/medical-llm", "maple/mixed"],
        ),
        ({"search": "'; drop table"}, []),
    ],
)
def test_models_are_listed_by_what_is_asked(family: Desk, filters: dict[str, object], expected: list[str]) -> None:
    """Every filter narrows, the sort orders, and ties go by name."""
    answer = list_models(family.database, limit=0, selector=None, **{**EVERY_FILTER, **filters})
    assert [row[0] for row in answer.rows] == expected
    few = list_models(family.database, limit=1, selector=None, **{**EVERY_FILTER, **filters})
    assert len(few.rows) == min(1, len(expected))


@pytest.mark.parametrize("sort", ["downloads", "likes", "created", "modified", "confidence"])
@pytest.mark.parametrize("domain", [None, "medical"])
def test_a_short_list_is_the_beginning_of_the_long_one(family: Desk, sort: str, domain: str | None) -> None:
    """Models that were never seen and those without a figure have their place, however few are listed."""
    connection = family.database._connection
    connection.execute("update hub.models set downloads = null, likes = null where id = 'maple/base'")
    connection.execute("insert into hub.domains values ('gone/one', 'medical', 'own', 0.7, [])")
    connection.execute("insert into hub.domains values ('maple/base', 'medical', 'own', 0.2, [])")
    asked = {**EVERY_FILTER, "sort": sort, "domain": domain}
    whole = list_models(family.database, limit=0, selector=None, **asked).rows
    assert "gone/one" in {row[0] for row in whole}
    for limit in range(1, len(whole) + 1):
        assert list_models(family.database, limit=limit, selector=None, **asked).rows == whole[:limit]


def test_a_relation_counts_where_it_is_inferred(family: Desk) -> None:
    """The filter lists what the selector names, and the column says that nobody declared it."""
    family.database._connection.execute("update hub.edges set inferred = true where child = 'maple/medical-lora'")
    filtered = list_models(family.database, limit=0, selector=None, **{**EVERY_FILTER, "relation": "adapter"})
    assert [(row["id"], row["relations"]) for row in filtered.records()] == [
        ("maple/medical-lora", ["adapter (inferred)"])
    ]
    assert list_models(family.database, limit=0, selector="relation:adapter", **EVERY_FILTER) == filtered


def test_one_model_is_shown_with_everything(family: Desk) -> None:
    """Its fields, domains, parents, declarations, family, derivatives and problems are sections."""
    sections = {str(row[0]) for row in show_model(family.database, "maple/medical-llm").rows}
    assert {"model", "domains", "parents", "declarations", "family", "derivatives"} <= sections
    assert "problems" in {str(row[0]) for row in show_model(family.database, "maple/Stranger").rows}
    assert most_derived(family.database, "medical") == "maple/medical-llm"


def test_what_is_not_held_is_not_asked(family: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements whose tables hold nothing of a model are not run, and the answer is that of running them all."""
    family.take([family.record(3, id="maple/renamed-lora", tags=["base_model:adapter:maple/medical-llm"])])
    family.derive()
    models = ("maple/base", "maple/medical-llm", "maple/renamed-lora", "maple/mixed", "gone/one", "maple/Stranger")
    run, asked = family.database.run, set[str]()

    def noted(name: str, /, **known: object) -> object:
        asked.add(name)
        return run(name, **known)

    monkeypatch.setattr(family.database, "run", noted)
    answers = [show_model(family.database, model) for model in models]
    assert not {"show/scores", "show/drift", "show/weights", "show/corrections"} & asked
    assert {"show/derivatives", "show/other_names"} <= asked
    assert {"derivatives", "other names"} <= {str(row[0]) for answer in answers for row in answer.rows}
    monkeypatch.setattr("store.queries.models.RARE", {})
    assert [show_model(family.database, model) for model in models] == answers
    assert {"show/scores", "show/drift", "show/weights", "show/corrections"} <= asked


def test_a_look_up_takes_one_thread(tmp_path: Path) -> None:
    """DuckDB has one thread for a short answer, and one per core for any other."""
    path = tmp_path / "new.duckdb"
    open_database(path).close()
    for is_short, expected in ((True, 1), (False, os.cpu_count())):
        database = open_database(path, "read", is_short=is_short)
        assert database.query("select current_setting('threads')").rows == ((expected,),)
        database.close()


def test_the_status_counts_what_is_there(family: Desk) -> None:
    """Models by status, domains, relations, problems and crawls with their notes."""
    family.store.note(family.crawl, "the Hub refused a key")
    text = {(str(row[0]), str(row[1])): str(row[2]) for row in read_status(family.database).rows}
    assert text["models", "present"] == "5"
    assert text["models", "missing"] == "1"
    assert text["edges by relation", "merge"] == "2"
    assert ("last crawls", "1: note") in text


def test_the_status_reads_what_the_derivation_counted_while_it_holds(family: Desk) -> None:
    """Kept counts are those of a count now; once records have come since, they are counted again."""
    connection = family.database._connection
    kept = read_status(family.database).rows
    connection.execute("delete from hub.counts")
    assert read_status(family.database).rows == kept
    connection.execute("insert into hub.counts values (1, 'models', 'present', 12345)")
    assert ("models", "present", 12345, None) in read_status(family.database).rows
    connection.execute("delete from hub.derived where name = 'graph'")
    assert ("models", "present", 5, None) in read_status(family.database).rows


def test_a_record_is_found_wherever_it_stands(family: Desk) -> None:
    """A record that another row has by now, and one that the derivation has not seen, are shown as before."""
    connection = family.database._connection
    before = show_model(family.database, "maple/medical-llm")
    connection.execute("create temp table moved as from hub.models where id = 'maple/medical-llm'")
    connection.execute("delete from hub.models where id = 'maple/medical-llm'")
    connection.execute("insert into hub.models from moved")
    assert show_model(family.database, "maple/medical-llm") == before
    connection.execute("update hub.nodes set place = 0 where id = 'maple/medical-llm'")
    assert show_model(family.database, "maple/medical-llm") == before
    connection.execute("delete from hub.derived where name = 'graph'")
    assert show_model(family.database, "maple/medical-llm") == before


@pytest.mark.parametrize(
    ("is_up", "start", "far"),
    [
        (False, "maple/base", {"maple/medical-llm", "maple/medical-lora", "maple/mixed"}),
        (True, "maple/mixed", {"maple/medical-llm", "maple/base", "gone/one"}),
    ],
)
def test_a_family_is_drawn_and_listed(family: Desk, *, is_up: bool, start: str, far: set[str]) -> None:
    """Down to the derivatives or up to the ancestors, as rows and as a drawing that names them all."""
    answer = list_tree(family.database, start, depth=9, is_up=is_up)
    assert {str(row[1 if is_up else 0]) for row in answer.rows} == far
    for is_full in (False, True):
        text = draw_tree(
            family.database, start, depth=9, is_up=is_up, is_full=is_full, columns=200, is_ascii=not is_full
        )
        assert all(name in text for name in far)
    assert len(list_tree(family.database, start, depth=1, is_up=is_up).rows) < len(answer.rows)


def test_what_is_still_to_be_asked(family: Desk) -> None:
    """Missing ancestors until they were found gone, domain models that may have children, and who was not seen."""
    store = family.store
    assert store.missing_ancestors(["medical"], 0) == ("gone/one",)
    assert store.missing_ancestors(["legal"], 0) == ()
    asked = set(store.parents(["medical"], siblings=False))
    assert "maple/medical-llm" in asked
    assert "maple/base" not in asked
    assert {"maple/base", "gone/one"} <= set(store.parents(["medical"], siblings=True))
    assert "maple/Stranger" not in store.parents(["medical"], siblings=True)
    assert store.unseen([], family.crawl) == ()
    assert len(store.unseen([], family.crawl + 1)) == 5
    assert "maple/Stranger" not in store.unseen(["medical"], family.crawl + 1)


def test_a_finished_crawl_is_what_the_next_begins_with(family: Desk) -> None:
    """Nothing covers the first; a finished one does, with its greatest `_id`; one that is open does not."""
    store = family.store
    assert store.baseline("all".__eq__, ENDPOINT, by=START) is None
    facts = PageFacts(crawl=family.crawl, seen_at=START, detail=20)
    store.take_page(b"[]", facts, WalkStep(walk="created", request=None), Spent())
    store.close_crawl(family.crawl, "finished", START, Spent(requests=1))
    found = store.baseline({"all", "load"}.__contains__, ENDPOINT, by=START)
    assert found is not None
    assert (found.crawl, found.scope, found.top_id, found.seen_at) == (1, "all", family.hub_id(5), START)
    assert store.baseline("all".__eq__, "http://127.0.0.1:2", by=START) is None
    assert store.baseline("all".__eq__, ENDPOINT, by=START - timedelta(seconds=1)) is None


def test_walks_that_gave_up_or_were_covered_are_told_apart(desk: Desk) -> None:
    """A covered walk counts as walked, one that gave up does not, and an open one neither."""
    store = desk.store
    store.add_walks(desk.crawl, [WalkRow(walk="long", request="1")], [WalkRow(walk="there", request="1")])
    store.end_walk(desk.crawl, "long", gives_up=True)
    assert store.has_given_up(desk.crawl, "long")
    assert not store.has_given_up(desk.crawl, "created")
    assert store.walked(desk.crawl) == {"there"}
    assert cast("str", desk.rows("select state from hub.walks where walk = 'long'")[0][0]) == GIVEN_UP


def test_answers_about_one_model_load_no_numpy() -> None:
    """It would cost every `status` and `show` as much as opening the database."""
    load = "import sys, store.queries.models; print('numpy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
