"""What running a model takes of what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lineage.errors import UsageError
from store.modelfacts import find_facts, find_revisions
from store.reading import NoSuchModel

if TYPE_CHECKING:
    from tests.store.conftest import Desk


@pytest.fixture(name="family")
def fixture_family(desk: Desk) -> Desk:
    """Give a base, an adapter of it, and a model whose commit nobody told."""
    desk.take(
        [
            desk.record(1, sha="1" * 40),
            desk.record(2, sha="2" * 40, tags=["base_model:adapter:maple/model-1"]),
            desk.record(3),
        ]
    )
    desk.derive()
    return desk


def test_an_adapter_is_run_on_its_base(family: Desk) -> None:
    """Both at their commits, in the family of the root; any name of the model leads to it."""
    facts = find_facts(family.database, "Maple/Model-2", is_served=False)
    assert (facts.model, facts.revision, facts.family) == ("maple/model-2", "2" * 40, "maple/model-1")
    assert (facts.base, facts.base_revision) == ("maple/model-1", "1" * 40)
    assert find_facts(family.database, "maple/model-1", is_served=False).base is None


def test_what_has_no_commit_is_not_run(family: Desk) -> None:
    """A score must say what was measured."""
    with pytest.raises(UsageError, match="the commit of maple/model-3 is not known"):
        find_facts(family.database, "maple/model-3", is_served=False)
    assert find_revisions(family.database, ["maple/model-1", "maple/model-3"]) == {"maple/model-1": "1" * 40}


def test_a_served_model_need_not_be_known(family: Desk) -> None:
    """Nobody can see which commit a server runs; what is not known is refused where files are run."""
    served = find_facts(family.database, "qwen3:8b", is_served=True)
    assert (served.model, served.revision, served.family) == ("qwen3:8b", None, "qwen3:8b")
    assert find_facts(family.database, "maple/model-2", is_served=True).revision is None
    with pytest.raises(NoSuchModel):
        find_facts(family.database, "qwen3:8b", is_served=False)
