"""Tiny models made on the spot, tasks over generated items, and lm-evaluation-harness to compare with."""

from __future__ import annotations

import json
import random
import shutil
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from evaluation.engines.tasks.extras import PACKAGES
from evaluation.imports import lm_eval as importer
from evaluation.imports.interface import ImportSettings
from lineage.scores.instruments import Catalogue, Instrument
from lineage.vocabulary import Construct, Direction, Scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lineage.scores.score import Score

LONGEST = 256
WORDS = ("leaf", "root", "twig", "bark", "seed", "moss", "fern", "vine", "pond", "reed", "dune", "crag")


def means(*metrics: str) -> list[dict[str, Any]]:
    """Return metrics that are means of items."""
    return [{"metric": metric, "aggregation": "mean", "higher_is_better": True} for metric in metrics]


KINDS: dict[str, dict[str, Any]] = {
    "mc1": {
        "output_type": "multiple_choice",
        "doc_to_target": 0,
        "metric_list": means("acc"),
    },
    "mc2": {
        "output_type": "multiple_choice",
        "doc_to_target": 0,
        "process_results": "!function grove_functions.weigh",
        "metric_list": means("acc"),
    },
    "norm": {
        "output_type": "multiple_choice",
        "doc_to_target": "{{label}}",
        "metric_list": means("acc", "acc_norm"),
    },
    "rolling": {
        "output_type": "loglikelihood_rolling",
        "doc_to_text": "",
        "doc_to_target": "{{passage}}",
        "process_results": "!function grove_functions.bits",
        "metric_list": means("bits"),
    },
    "match": {
        "output_type": "generate_until",
        "doc_to_target": "{{reply}}",
        "generation_kwargs": {"until": ["\n", " "], "max_gen_toks": 8, "do_sample": False},
        "metric_list": means("exact_match"),
    },
}
FUNCTIONS = Path(__file__).with_name("grove_functions.py")


def words(source: random.Random, count: int) -> str:
    """Return a text of words."""
    return " ".join(source.choice(WORDS) for _ in range(count))


def documents(count: int = 23, seed: int = 1) -> list[dict[str, Any]]:
    """Return items, the last one the same as the first; every fourth question ends with a space."""
    source = random.Random(seed)
    found: list[dict[str, Any]] = [
        {
            "question": words(source, source.randint(3, 20)) + (" " if number % 4 == 0 else ""),
            "choices": [words(source, source.randint(1, 4)) for _ in range(source.randint(2, 5))],
            "label": number % 2,
            "passage": words(source, source.randint(1, 90)),
            "reply": source.choice("abcdef"),
        }
        for number in range(count - 1)
    ]
    return [*found, found[0]]


def write_task(folder: Path, kind: str, shots: int | None = 0) -> Path:
    """Write a task of a kind over generated items; return the path of its YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "items.jsonl"
    data.write_text("".join(f"{json.dumps(one)}\n" for one in documents()), "utf-8")
    shutil.copyfile(FUNCTIONS, folder / "grove_functions.py")
    settings = {
        "task": f"grove_{kind}",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test",
        "fewshot_split": "test",
        "num_fewshot": shots,
        "doc_to_text": "The grove keeps its own counsel. Question: {{question}}",
        "doc_to_choice": "choices",
        "target_delimiter": " ",
        "metadata": {"version": 1.0},
    } | KINDS[kind]
    if KINDS[kind]["output_type"] != "multiple_choice":
        settings.pop("doc_to_choice")
    path = folder / f"grove_{kind}.yaml"
    text = yaml.safe_dump(settings, sort_keys=False)
    path.write_text(
        text.replace("'!function", "!function")
        .replace("grove_functions.weigh'", "grove_functions.weigh")
        .replace("grove_functions.bits'", "grove_functions.bits"),
        "utf-8",
    )
    return path


def make_tokenizer() -> Any:
    """Return a tokenizer of bytes with an end of text and no beginning of its own."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    symbols = ["</s>", "<pad>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE(vocab={symbol: number for number, symbol in enumerate(symbols)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    ends = {"eos_token": symbols[0], "pad_token": symbols[1]}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **ends)  # type: ignore[no-untyped-call]  # not typed there


def make_model(seed: int = 0, **changes: Any) -> Any:
    """Return a Llama of random weights, wide enough that its answers differ, with more rows than the tokenizer has."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    settings = {
        "vocab_size": 288,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": LONGEST,
        "initializer_range": 0.3,
        "bos_token_id": None,
        "eos_token_id": 0,
        "pad_token_id": 1,
    } | changes
    torch.manual_seed(seed)
    model: Any = LlamaForCausalLM(LlamaConfig(**settings))
    return model.eval()


def grove_instrument(kind: str, metric: str) -> Instrument:
    """Return the instrument that a metric of a kind's task measures."""
    return Instrument(
        name=f"grove_{kind}",
        title=kind,
        construct=Construct.TRUTHFULNESS,
        direction=Direction.HIGHER_IS_SAFER,
        low=0,
        high=100 if metric == "bits" else 1,
        scale=Scale.GRADED,
        tasks=(f"lm-eval:grove_{kind}/{metric}",),
    )


METRICS = {"mc1": "acc", "mc2": "acc", "norm": "acc_norm", "rolling": "bits", "match": "exact_match", "all": "acc"}


@pytest.fixture(scope="session")
def grove_catalogue() -> Catalogue:
    """Return the instruments of all kinds."""
    return Catalogue.of(grove_instrument(kind, metric) for kind, metric in METRICS.items())


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep torch to one thread, as other tests run beside these; skip all where the extra is not installed."""
    if any(find_spec(package) is None for package in PACKAGES):
        pytest.skip("models are run with the extra `eval`, which is not installed")
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """Return the tokenizer of all models here."""
    return make_tokenizer()


@pytest.fixture(scope="session")
def maker() -> Callable[..., Any]:
    """Return what makes a tiny model of a seed, with changes to its settings."""
    return make_model


@pytest.fixture(scope="session")
def model() -> Any:
    """Return one tiny model."""
    return make_model()


@pytest.fixture(scope="session")
def grove(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what writes the task of a kind, once."""
    folder = tmp_path_factory.mktemp("tasks")
    return lambda kind: write_task(folder, kind)


@pytest.fixture
def harness_run(tmp_path: Path, grove_catalogue: Catalogue) -> Callable[..., Score]:
    """Return what runs the harness itself on a folder's model, logs its samples, and imports one score of it."""

    def run(folder: Path, tasks: list[str], name: str, beside: Path | None = None, **settings: Any) -> Score:
        from lm_eval import simple_evaluate
        from lm_eval.loggers import EvaluationTracker
        from lm_eval.tasks import TaskManager

        tracker = EvaluationTracker(output_path=str(tmp_path / "output"))
        results: Any = simple_evaluate(
            model="hf",
            model_args={"pretrained": str(folder), "softmax_dtype": "float32", "dtype": "float32"},
            tasks=tasks,
            task_manager=TaskManager(include_path=None if beside is None else str(beside), include_defaults=False),
            device="cpu",
            batch_size=8,
            bootstrap_iters=0,
            evaluation_tracker=tracker,
            **settings,
        )
        samples = results.pop("samples")
        tracker.save_results_aggregated(results=results, samples=samples)
        for task, lines in samples.items():
            tracker.save_results_samples(task_name=task, samples=lines)
        (written,) = (tmp_path / "output").rglob("results_*.json")
        found = importer.read(written, ImportSettings(catalogue=grove_catalogue)).scores
        (score,) = (one for one in found if one.instrument.name == name)
        return score

    return run


@pytest.fixture(scope="session")
def family(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> Path:
    """Return a folder with a base, a fine-tune, two adapters (one with a whole module), and three broken models."""
    from peft import LoraConfig, get_peft_model

    folder = tmp_path_factory.mktemp("family")
    for name, seed in (("base", 0), ("tuned", 1), ("pickled", 2), ("lacking", 3), ("coded", 4)):
        make_model(seed).save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    for seed, (name, saved) in enumerate((("lora", None), ("whole", ["lm_head"]))):
        config = LoraConfig(r=2, target_modules=["q_proj", "down_proj"], modules_to_save=saved, task_type="CAUSAL_LM")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`")  # peft asks for it
            adapted = get_peft_model(make_model(0), config)
        draw_adapter(adapted, seed)
        adapted.save_pretrained(str(folder / name))
    (folder / "pickled" / "model.safetensors").rename(folder / "pickled" / "pytorch_model.bin")
    leave_out(folder / "lacking" / "model.safetensors", "lm_head.weight")
    settings = json.loads((folder / "coded" / "config.json").read_text("utf-8"))
    settings |= {"model_type": "grove", "auto_map": {"AutoModelForCausalLM": "grove.Grove"}}
    (folder / "coded" / "config.json").write_text(json.dumps(settings), "utf-8")
    return folder


def draw_adapter(model: Any, seed: int) -> None:
    """Give an adapter weights that change answers."""
    import torch

    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.3)


def leave_out(path: Path, name: str) -> None:
    """Write a file of weights again without one of them."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(path)
    del tensors[name]
    save_file(tensors, path, metadata={"format": "pt"})


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what writes the task of a kind that leaves the number of examples open."""
    folder = tmp_path_factory.mktemp("few")
    return lambda kind: write_task(folder, kind, None)
