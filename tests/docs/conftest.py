"""The tools of the documentation as modules: they are in the checkout and are not installed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def load_tool(name: str) -> ModuleType:
    """Return a file of docs/ as a module."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(name="build", scope="module")
def fixture_build() -> ModuleType:
    """Give docs/build.py."""
    return load_tool("build")


@pytest.fixture(name="check", scope="module")
def fixture_check() -> ModuleType:
    """Give docs/check.py."""
    return load_tool("check")


@pytest.fixture(name="generate", scope="module")
def fixture_generate() -> ModuleType:
    """Give docs/generate.py."""
    return load_tool("generate")


@pytest.fixture(name="replay", scope="module")
def fixture_replay() -> ModuleType:
    """Give docs/replay.py."""
    return load_tool("replay")
