"""Which files are worth a request, what they cost, and how a budget is spent in order."""

from __future__ import annotations

import pytest

from crawler.file_plan import choose_paths, plan_files, plan_trees
from lineage.crawl_records import GGUF_FACTS, TREE, UndeclaredModel

FULL = 22


def undeclared(name: str = "one", *tags: str, **facts: object) -> UndeclaredModel:
    """Return a model without a declared parent, whose record was requested with every key."""
    known: dict[str, object] = {"model": f"maple/{name}", "sha": "a1", "tags": frozenset(tags), "detail": FULL}
    return UndeclaredModel(**(known | facts))  # type: ignore[arg-type] # fields are chosen by the tests


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (undeclared(has_config=True), ("config.json", "README.md")),
        (undeclared("one", "generated_from_trainer", has_config=True), ("README.md", "config.json")),
        (undeclared(), ("README.md",)),
        (undeclared(detail=8), ("config.json", "README.md")),
        (undeclared(detail=8, library="diffusers"), ("README.md",)),
        (undeclared("one", "gguf", detail=8), ("README.md", GGUF_FACTS)),
        (undeclared(library="gguf"), ("README.md", GGUF_FACTS)),
        (undeclared(library="peft", detail=8), ("adapter_config.json", "README.md")),
        (undeclared(library="peft", has_adapter_config=True), ("README.md",)),
        (undeclared("one", "mergekit", has_config=True), ("mergekit_config.yml", "config.json", "README.md")),
        (undeclared(has_config=True, read=frozenset({TREE, "README.md"})), ("config.json",)),
    ],
)
def test_only_files_that_may_tell_something_are_requested(one: UndeclaredModel, expected: tuple[str, ...]) -> None:
    """Tags, library and record say which files there are; a trainer's card goes first; what was read is left out."""
    assert choose_paths(one) == expected


def test_a_budget_is_spent_in_order_and_the_rest_waits() -> None:
    """Ancestors are read whole, others until a file names a parent; what does not fit is counted, if only in part."""
    found = [
        undeclared("root", has_config=True, is_ancestor=True, derivatives=9),
        undeclared("packed", "gguf"),
        undeclared("more-packed", "gguf"),
        undeclared("last"),
        undeclared("waits", has_config=True),
    ]
    plan = plan_files(found, files=4, facts=1)
    assert [(one.model, one.reads_all) for one in plan.follow_ups] == [
        ("maple/root", True),
        ("maple/packed", False),
        ("maple/more-packed", False),
    ]
    assert [one.paths for one in plan.follow_ups[1:]] == [("README.md", GGUF_FACTS), ("README.md",)]
    assert (plan.files, plan.api_requests, plan.left) == (4, 1, 3)
    assert plan_files(found, files=0).follow_ups == ()


def test_a_tree_is_one_api_request_beside_its_files() -> None:
    """With trees, all files are wanted that were not read at this revision, whatever the tags say."""
    found = [undeclared(read=frozenset({"README.md"})), undeclared("listed", read=frozenset({TREE}))]
    (one,) = (plan := plan_trees(found)).follow_ups
    assert one.paths == ("adapter_config.json", "mergekit_config.yml", "config.json")
    assert one.has_tree
    assert (plan.files, plan.api_requests) == (3, 1)
