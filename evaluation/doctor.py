"""Checks the environment: what is installed, the database, access to the Hub, and what runs models."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement

from crawler.hub.health import check_cache, check_hub
from evaluation.engines.transformers.downloads import own_folder
from lineage.output.doctor import Finding, FindingState
from store.health import check_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DISTRIBUTION: Final = "hub-lineage"
OLDEST_PYTHON: Final = (3, 11)
GIGABYTE: Final = 10**9
PURPOSES: Final = {
    "arrow": "for exports as Arrow",
    "eval": "to evaluate models here",
    "inspect": "to run Inspect's tasks",
    "mcp": "to let assistants ask the database",
    "ray": "to evaluate on many machines",
    "reports": "for bills of materials, PROV and PNG",
    "vllm": "to evaluate models under vLLM; an environment of its own may be named by LINEAGE_VLLM_PYTHON",
}


def examine(db: Path, endpoint: str, *, offline: bool = False) -> Iterator[Finding]:
    """Yield the findings one by one; with `offline` the Hub is not asked. Nothing is changed."""
    yield _of_python()
    yield from check_store(db)
    if not offline:
        yield from check_hub(endpoint)
    yield from _of_extras()
    yield _of_accelerator()
    yield check_cache(own_folder())


def missing_of(extra: str) -> tuple[str, ...]:
    """Return the distributions that one of our extras requires and that are not installed."""
    asked = (Requirement(text) for text in metadata.requires(DISTRIBUTION) or ())
    return tuple(
        item.name
        for item in asked
        if item.marker is not None and item.marker.evaluate({"extra": extra}) and not _is_installed(item)
    )


def _is_installed(asked: Requirement) -> bool:
    try:
        found = metadata.version(asked.name)
    except metadata.PackageNotFoundError:
        return False
    return asked.specifier.contains(found, prereleases=True)


def _of_python() -> Finding:
    found = f"{platform.python_version()} on {platform.system()}, lineage {metadata.version(DISTRIBUTION)}"
    is_new_enough = sys.version_info >= OLDEST_PYTHON
    state = FindingState.OK if is_new_enough else FindingState.PROBLEM
    return Finding(about="Python", state=state, found=found, advice="" if is_new_enough else "3.11 or newer is needed")


def _of_extras() -> Iterator[Finding]:
    for extra in metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or ():
        about, purpose = f"extra {extra}", PURPOSES.get(extra, "")
        missing = missing_of(extra)
        if not missing:
            yield Finding(about=about, state=FindingState.OK, found="installed")
            continue
        advice = f"{purpose}: pip install '{DISTRIBUTION}[{extra}]'".lstrip(": ")
        yield Finding(about=about, state=FindingState.NOTE, found=f"not installed: {', '.join(missing)}", advice=advice)


def _of_accelerator() -> Finding:
    if find_spec("torch") is None:
        return Finding(about="GPU", state=FindingState.NOTE, found="not looked for: torch is not installed")
    import torch

    if not torch.cuda.is_available():
        advice = "models up to about a billion parameters run on a CPU; `--engine endpoint` asks a server"
        return Finding(about="GPU", state=FindingState.NOTE, found="none that torch can use", advice=advice)
    cards = [torch.cuda.get_device_properties(place) for place in range(torch.cuda.device_count())]
    found = ", ".join(f"{card.name} ({card.total_memory / GIGABYTE:.0f} GB)" for card in cards)
    return Finding(about="GPU", state=FindingState.OK, found=found)
