"""What tests of several packages need: the family of real tiny models, made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def family_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that `lineage sandbox weights` makes; about 20 s of one processor."""
    pytest.importorskip("torch", reason="models are made with the extra eval")
    pytest.importorskip("peft", reason="adapters are made with the extra eval")
    folder = tmp_path_factory.mktemp("family")
    result = CliRunner().invoke(cli.app, ["sandbox", "weights", str(folder)])
    assert result.exit_code == 0, result.output
    return folder
