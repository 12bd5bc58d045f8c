"""The instruments that a user declares count for every engine, and their tasks are found from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evaluation.catalogue import chosen_catalogue
from evaluation.engines.endpoint.runner import make_runner as make_endpoint
from evaluation.engines.interface import Setup
from evaluation.engines.transformers.runner import make_runner as make_transformers
from lineage.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

OURS = """
[[instruments]]
name = "ours"
construct = "bias"
direction = "lower_is_safer"
range = [0, 1]
definition = "ours.yaml"
"""


@pytest.fixture(name="declared")
def fixture_declared(tmp_path: Path) -> Path:
    """Give a file that declares one instrument, whose task lies beside it."""
    path = tmp_path / "mine.toml"
    path.write_text(OURS, encoding="utf-8")
    return path


def test_a_definition_is_named_from_anywhere(declared: Path) -> None:
    """It lies beside the file that names it, wherever the command is run."""
    found = chosen_catalogue(declared).find("ours")
    assert found is not None
    assert found.definition == str(declared.with_name("ours.yaml"))
    assert chosen_catalogue(None).find("ours") is None


def test_every_engine_knows_them(declared: Path) -> None:
    """Models behind a server are measured by the same instruments as those that are loaded."""
    setup = Setup(instruments=str(declared))
    assert make_endpoint(setup)._catalogue.find("ours") is not None
    assert make_endpoint(Setup())._catalogue.find("ours") is None
    assert make_transformers(setup).catalogue.find("ours") == chosen_catalogue(declared).find("ours")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The error says which file."""
    with pytest.raises(UsageError, match=r"absent\.toml cannot be read"):
        chosen_catalogue(tmp_path / "absent.toml")
