"""What an assistant is told by the tools of `lineage mcp`, asked by the protocol's own client."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from store.serving.reader_copies import Copies
from tests.store.serving.conftest import FAMILY, HOSTILE

pytest.importorskip("mcp", reason="assistants are answered with the extra mcp")

from mcp.client import Client

from store.mcp.questions import MOST_EDGES
from store.mcp.server import new_mcp_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mcp_types import CallToolResult

    from tests.store.conftest import Desk, Filled

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
RULES = '[[rule]]\nkind = "approved_bases"\nbases = ["oak/*"]\n'


@pytest.fixture
def tools(family_db: Path, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Give a function that calls a tool over the family, and returns what came back."""
    (tmp_path / "copies").mkdir()
    with Copies(family_db, tmp_path / "copies", lambda: MOMENT) as copies:
        yield lambda tool, **given: asyncio.run(_called(copies, tool, given))


async def _called(copies: Copies, tool: str, given: Mapping[str, object]) -> CallToolResult:
    async with Client(new_mcp_server(copies)) as client:
        return await client.call_tool(tool, dict(given))


def answer(result: CallToolResult) -> dict[str, Any]:
    """Return the typed answer; the call was no error."""
    assert not result.is_error, result.content
    found: dict[str, Any] | None = result.structured_content
    assert found is not None
    return found


def refusal(result: CallToolResult) -> str:
    """Return what is wrong with a call."""
    assert result.is_error
    return str(getattr(result.content[0], "text", ""))


def test_every_tool_only_reads_and_says_what_it_answers(family_db: Path, tmp_path: Path) -> None:
    """Clients are told that the tools change nothing, and the schema of every answer with its fields explained."""

    async def listed(copies: Copies) -> Any:  # noqa: ANN401 - tools of the protocol
        async with Client(new_mcp_server(copies)) as client:
            return (await client.list_tools()).tools

    with Copies(family_db, tmp_path, lambda: MOMENT) as copies:
        found = asyncio.run(listed(copies))
    assert [one.name for one in found] == [
        "find_models",
        "show_lineage",
        "show_drift",
        "list_unscored",
        "check_policy",
    ]
    assert all(one.annotations.read_only_hint and one.description for one in found)
    assert all("next_offset" in one.output_schema["properties"] for one in found)


def test_models_are_found_a_page_at_a_time(tools: Callable[..., Any]) -> None:
    """The pages together are every model once, the most downloaded first."""
    first = answer(tools("find_models", words="maple base", limit=20))
    rest = answer(tools("find_models", words="maple base", limit=20, offset=first["next_offset"]))
    ids = [one["id"] for page in (first, rest) for one in page["models"]]
    assert (len(ids), len(set(ids)), rest["next_offset"]) == (FAMILY - 1, FAMILY - 1, None)
    assert ids[0] == "maple/base"
    assert answer(tools("find_models", domain="medical"))["models"][0]["parent"] == "maple/base"


def test_lineage_comes_with_its_evidence(tools: Callable[..., Any]) -> None:
    """An edge has its evidence, confidence and declaration, and the base its derivatives and what is known of it."""
    child = answer(tools("show_lineage", model="maple/base-02"))
    [edge] = child["ancestry"]
    assert (edge["parent"], edge["relation"], edge["is_inferred"], child["root"]) == (
        "maple/base",
        "finetune",
        False,
        "maple/base",
    )
    assert "declared by tag" in edge["source"]
    base = answer(tools("show_lineage", model="maple/base", limit=10))
    assert (len(base["children"]), base["children_in_all"], base["next_offset"]) == (10, FAMILY - 1, 10)
    assert "no parent" in base["origin"]


def test_a_merge_of_very_many_says_that_more_is_left_out(filled: Filled, tmp_path: Path) -> None:
    """A model with more parents than are listed says so, and lists the limit."""

    def fill(desk: Desk) -> None:
        parents = [f"oak/part-{number:03}" for number in range(MOST_EDGES + 5)]
        desk.take(
            [
                *(desk.record(10 + number, id=name) for number, name in enumerate(parents)),
                desk.record(9, id="oak/whole", tags=[f"base_model:merge:{name}" for name in parents]),
            ]
        )
        desk.derive()

    path = Path(shutil.copyfile(filled(fill).database.path, tmp_path / "merge.duckdb"))
    (tmp_path / "copies").mkdir()
    with Copies(path, tmp_path / "copies", lambda: MOMENT) as copies:
        found = answer(asyncio.run(_called(copies, "show_lineage", {"model": "oak/whole"})))
    assert (len(found["ancestry"]), found["is_ancestry_cut"]) == (MOST_EDGES, True)


def test_what_is_unscored_is_counted(tools: Callable[..., Any]) -> None:
    """Nothing was measured here, and no drift is said of it."""
    found = answer(tools("list_unscored", limit=1))
    assert (found["models"][0]["id"], found["counts"]) == ("maple/base", {"unscored": FAMILY})
    drift = answer(tools("show_drift", selector="maple/base+"))
    assert (drift["drift"], drift["by_chance"]) == ([], None)


def test_a_policy_is_checked(tools: Callable[..., Any]) -> None:
    """The answer says that it failed, and each finding its rule, model and what was found."""
    found = answer(tools("check_policy", selector="maple/base-02", policy=RULES))
    assert not found["has_passed"]
    assert found["findings"][0]["model"] == "maple/base-02"
    assert found["findings"][0]["subject"] == "maple/base"
    assert answer(tools("check_policy", selector="maple/base-02", policy=RULES.replace("oak", "maple")))["has_passed"]


@pytest.mark.parametrize(
    ("tool", "given", "said"),
    [
        ("show_lineage", {"model": "maple/bse"}, "did you mean"),
        ("find_models", {"domain": "potions"}, "potions"),
        ("show_drift", {"selector": "domain:potions"}, "potions"),
        ("check_policy", {"selector": "*", "policy": "x = 1"}, "x is not a key"),
        ("find_models", {"limit": 101}, "less than or equal to 100"),
        ("find_models", {"words": "a" * 1_001}, "at most 1000 characters"),
    ],
)
def test_a_wrong_question_is_told_what_is_wrong(
    tools: Callable[..., Any], tool: str, given: dict[str, object], said: str
) -> None:
    """The client reads what is wrong and the way out, and the next question is answered."""
    assert said in refusal(tools(tool, **given))
    assert answer(tools("find_models", limit=1))["models"]


def test_a_hostile_name_stays_data(tools: Callable[..., Any]) -> None:
    """A name of markup comes back as one line of text in its field."""
    [found] = answer(tools("find_models", author="evil"))["models"]
    assert (found["id"], found["parent"]) == (HOSTILE, "maple/base")
