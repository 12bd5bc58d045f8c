"""The data sets of a sandbox Hub: benchmarks with a leaderboard, and data sets without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.hub.repo import Access

Kind = Literal["share", "percent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A data set. `tasks` are those of its `eval.yaml`; without any it has no leaderboard.

    Only an official benchmark is listed under `benchmark:official`. `items` and `kind` say how its results are
    reported: over how many items, and as a share of 1 or of 100.
    """

    id: str
    tasks: tuple[str, ...] = ()
    is_official: bool = True
    access: Access = "public"
    items: int = 1_000
    kind: Kind = "share"


SUMS: Final = Benchmark(id="kestrelworks/sums", tasks=("sums",), items=500)
GSM8K: Final = Benchmark(id="openai/gsm8k", tasks=("gsm8k",), items=1_319)
MMLU_PRO: Final = Benchmark(id="TIGER-Lab/MMLU-Pro", tasks=("mmlu_pro",), items=12_032, kind="percent")
BENCHMARKS: Final[Mapping[str, Benchmark]] = {
    benchmark.id: benchmark
    for benchmark in (
        SUMS,
        GSM8K,
        MMLU_PRO,
        Benchmark(id="alder-group/unused-riddles", tasks=("riddles",)),
        Benchmark(id="orchard/lantern-dialogues", is_official=False),
        Benchmark(id="vault/held-back", tasks=("held_back",), is_official=False, access="private"),
    )
}
"""By id. The names of two are real, so that a catalogue of instruments knows them; their results here are made up."""
