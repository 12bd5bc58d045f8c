"""The process of vLLM, with a double of vLLM in it: what is asked, what is asked again, and how it ends."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.tasks.encoding import Pair
from evaluation.engines.tasks.generation_settings import GenerationSettings
from evaluation.engines.vllm.hosted_model import parallel_size
from evaluation.engines.vllm.interpreter import VARIABLE, find_interpreter
from evaluation.engines.vllm.vllm_backend import VllmBackend
from evaluation.engines.vllm.vllm_process import VllmProcess
from evaluation.errors import CannotRun, VllmFailed
from lineage.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("torch", reason="the extra eval is not installed")
DOUBLE = Path(__file__).with_name("double")
GREEDY = GenerationSettings(stops=("\n",), longest=3, settings={"do_sample": False})


def likelihood(pair: Pair, adapter: int = 0) -> float:
    """Return what the double finds, token by token."""
    before, total = list(pair.context), 0.0
    for token in pair.continuation:
        total += -1.0 - (7 * sum(before) + 3 * token + adapter) % 11
        before.append(token)
    return total


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., VllmProcess]]:
    """Return what starts a process with the double and loads a folder; all are ended after the test."""
    monkeypatch.setenv("PYTHONPATH", str(DOUBLE))
    begun: list[VllmProcess] = []

    def begin(folder: str = "base", rank: int = 0, device: str | None = None) -> VllmProcess:
        begun.append(VllmProcess(sys.executable, "grove/base", 1))
        begun[-1].ask(
            "load", {"folder": folder, "dtype": None, "longest": 64, "rank": rank, "modules": [], "device": device}
        )
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


def test_likelihoods_are_those_of_every_token(start: Callable[..., VllmProcess]) -> None:
    """Single tokens, shared contexts, equal pairs, and continuations that begin alike, asked twice."""
    backend = VllmBackend(name="grove/base", process=start(), adapter=None)
    pairs = [
        Pair((2, 3, 4), (6, 8)),
        Pair((2, 3, 4), (6, 9)),
        Pair((2, 3, 4), (6, 8, 2, 4)),
        Pair((2, 3, 4), (7,)),
        Pair((2, 3, 4), (6, 8)),
        Pair((5,), (4, 4, 4)),
        Pair((2, 3, 4, 6), (8,)),
    ]
    expected = [(likelihood(pair), not any(token % 2 for token in pair.continuation)) for pair in pairs]
    assert backend.score(pairs) == expected
    assert backend.score(pairs) == expected


def test_an_adapter_answers_as_itself(start: Callable[..., VllmProcess], tmp_path: Path) -> None:
    """Each folder has a number of its own for as long as the process lives, and the base keeps its answers."""
    process, pair = start(rank=8), Pair((2, 3), (4, 5))
    for number, folder in enumerate([None, tmp_path / "one", tmp_path / "two", None, tmp_path / "one"]):
        backend = VllmBackend(name="grove/base", process=process, adapter=folder)
        assert backend.score([pair])[0][0] == likelihood(pair, [0, 1, 2, 0, 1][number])


def test_replies_are_greedy_or_refused(start: Callable[..., VllmProcess]) -> None:
    """Drawn replies depend on the sampler, and are left to other engines."""
    backend = VllmBackend(name="grove/base", process=start(), adapter=None)
    assert backend.write([(1, 2, 3, 4), (5,)], GREEDY, None) == [[4, 3, 2], [5]]
    assert backend.tokens_run == 5 + 4
    for settings in ({}, {"do_sample": True}, {"do_sample": False, "num_beams": 4}):
        drawn = GenerationSettings(stops=(), longest=3, settings=settings)
        with pytest.raises(CannotRun, match="greedy"):
            backend.write([(1,)], drawn, None)


@pytest.mark.parametrize(("token", "said"), [(13, "exit code 7"), (14, "RuntimeError: the double fails")])
def test_a_process_that_fails_is_told_and_not_asked_again(
    start: Callable[..., VllmProcess], token: int, said: str
) -> None:
    """Another attempt starts a new one."""
    process = start()
    backend = VllmBackend(name="grove/base", process=process, adapter=None)
    with pytest.raises(VllmFailed, match=said):
        backend.score([Pair((2, token), (3, 4))])
    assert not process.is_alive
    with pytest.raises(VllmFailed):
        backend.score([Pair((2,), (3,))])


def test_a_model_that_vllm_refuses_says_why(start: Callable[..., VllmProcess]) -> None:
    """In vLLM's own words, also for a device that it was not built for."""
    with pytest.raises(ValueError, match="ValueError: no such architecture"):
        start("refused")
    with pytest.raises(ValueError, match="built for cpu there, not for cuda"):
        start(device="cuda")


def test_vllm_is_given_no_code_and_no_network(start: Callable[..., VllmProcess]) -> None:
    """No code of a repository, no pickles, no plugins, and nothing that looks for the Hub or tells of its use."""
    with pytest.raises(ValueError, match="trust_remote_code") as told:
        start("told")
    assert json.loads(str(told.value).removeprefix("ValueError: ")) == {
        "trust_remote_code": False,
        "load_format": "safetensors",
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_PLUGINS": "",
    }


def test_it_ends_with_who_asks() -> None:
    """A worker that is killed leaves no process behind."""
    program = (
        "import sys\nfrom evaluation.engines.vllm.vllm_process import VllmProcess\n"
        f"one = VllmProcess({sys.executable!r}, 'grove/base', 1)\n"
        "one.ask('load', {'folder': 'base', 'dtype': None, 'longest': 64, 'rank': 0, 'modules': [], 'device': None})\n"
        "print(one.pid, flush=True)\nsys.stdin.read()\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(DOUBLE), *sys.path])}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as worker:
        assert worker.stdout is not None
        child = int(worker.stdout.readline())
        worker.send_signal(signal.SIGKILL)
    assert ended(child)


def ended(process: int) -> bool:
    """Wait until a process is gone, at most half a minute."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    with os.fdopen(handle) as file:
        return bool(select.select([file], [], [], 30)[0])


def test_the_interpreter_is_named_or_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without vLLM here and without the variable, the extra is named."""
    found: dict[str, Any] = {"vllm": None}
    monkeypatch.setattr("evaluation.engines.vllm.interpreter.find_spec", found.get)
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(MissingExtra, match="vllm"):
        find_interpreter()
    found["vllm"] = object()
    assert find_interpreter() == sys.executable
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none"))
    with pytest.raises(CannotRun, match="no file"):
        find_interpreter()
    (tmp_path / "none").touch()
    assert find_interpreter() == str(tmp_path / "none")


@pytest.mark.parametrize(
    ("count", "heads", "size", "expected"),
    [
        (1, 32, 500, 1),
        (8, 32, 90, 1),
        (8, 32, 150, 2),
        (8, 32, 700, 8),
        (6, 32, 900, 4),
        (8, 12, 700, 4),
        (4, 7, 300, 1),
    ],
)
def test_a_large_model_is_spread_over_devices(count: int, heads: int, size: int, expected: int) -> None:
    """As few as hold it, in powers of two that divide its heads; rooms are of 100 bytes here."""
    assert parallel_size(count, heads, size, 100) == expected
