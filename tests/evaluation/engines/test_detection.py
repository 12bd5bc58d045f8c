"""What is looked for on a machine before an engine is chosen."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from evaluation.engines.detection import VISIBLE, has_gpu, has_vllm
from evaluation.engines.vllm.interpreter import VARIABLE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("device", "is_seen"), [("nvidia0", True), ("nvidiactl", False), ("kfd", True), ("sda", False)]
)
def test_a_gpu_is_seen_by_its_device(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, device: str, *, is_seen: bool
) -> None:
    """The folder of devices stands for hardware that no machine of the tests has; hidden devices are none."""
    monkeypatch.delenv(VISIBLE, raising=False)
    (tmp_path / device).touch()
    assert has_gpu(tmp_path) is is_seen
    monkeypatch.setenv(VISIBLE, "-1")
    assert not has_gpu(tmp_path)


def test_vllm_is_found_where_its_variable_points(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that is there counts, one that is not does not; without the variable, this environment does."""
    monkeypatch.setenv(VARIABLE, sys.executable)
    assert has_vllm()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "absent"))
    assert not has_vllm()
    monkeypatch.delenv(VARIABLE)
    assert has_vllm() is (find_spec("vllm") is not None)
