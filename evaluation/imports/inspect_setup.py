"""What an Inspect log says of a run: the model, the judge, how it was asked and how the answer was drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from evaluation.imports.json_node import Node, name_of, told
from lineage.scores.score import Identity, digest

if TYPE_CHECKING:
    from evaluation.imports.inspect_samples import SampleScores
    from evaluation.imports.interface import ImportSettings
    from lineage.scores.instruments import Instrument
    from lineage.scores.score import ItemScores

HUB_PROVIDERS: Final = frozenset({"hf", "vllm", "sglang", "hf-inference-providers", "together", "nnterp"})
"""Providers of Inspect after whose name the id of a model on the Hub stands, as in `hf/org/name`."""
DECODING: Final = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "stop_seqs",
    "seed",
    "num_choices",
    "best_of",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "reasoning_effort",
    "reasoning_tokens",
)
_JUDGE_OPTIONS: Final = ("model", "grader_model", "grader", "judge_model", "judge")
_JUDGE_ROLES: Final = ("grader", "judge", "scorer")
_JUDGE_PROMPT: Final = ("template", "instructions", "grade_pattern", "partial_credit", "include_history")


def model_of(log: Node, wanted: ImportSettings) -> tuple[str, str | None, str | None]:
    """Return model, revision and the base that an adapter sat on; the last two None where not told.

    `vllm/base:adapter` is the adapter on its base; `hf/local` with a path is the path. Raises ImportRefused where no
    model is named.
    """
    named, arguments = log.at("eval", "model"), log.at("eval", "model_args")
    model = arguments.at("model_path").text() or _hub_name(named.text() or "")
    carrier, colon, adapter = model.partition(":")
    is_adapter = bool(colon) and (named.text() or "").startswith("vllm/")
    found = adapter if is_adapter else model
    if wanted.model is None and not found:
        raise named.refused("no model is named; say which with --model")
    is_of_file = wanted.model is None or wanted.model.casefold() == found.casefold()
    revision = arguments.at("revision").text() if is_of_file and not is_adapter else None
    return wanted.model or found, wanted.revision or revision, carrier if is_adapter else None


def identity_of(log: Node, samples: SampleScores, scorer: str, instrument: Instrument, items: ItemScores) -> Identity:
    """Return what makes the score of a scorer comparable."""
    judge, prompt = _judge(log, scorer, instrument)
    return Identity(
        name=instrument.name,
        item_set_hash=items.item_set_hash,
        scorer=name_of(scorer),
        judge=judge,
        judge_prompt_hash=prompt,
        template=_template(log, samples),
        decoding=_decoding(log),
    )


def _hub_name(model: str) -> str:
    provider, _, name = model.partition("/")
    return name if provider in HUB_PROVIDERS and name else model


def _judge(log: Node, scorer: str, instrument: Instrument) -> tuple[str | None, str | None]:
    """Return the model that graded and a hash of how it was asked, or None where the log tells of none.

    It stands among the options of the scorer, or has the role of a grader; a scorer that is said to grade by a model
    and names none was given the only other model of the run, or by Inspect's default the model itself.
    """
    called = scorer.partition(".")[0]
    options = next(
        (
            one.at("options")
            for one in log.at("eval", "scorers").elements()
            if str(one.at("name").value).rpartition("/")[2] == called.rpartition("/")[2]
        ),
        Node(log.path, log.place, None),
    )
    named = [options.at(name) for name in _JUDGE_OPTIONS]
    model = next((found for node in named if (found := _model(node))), None)
    is_graded = model is not None or called.startswith("model_graded") or instrument.judge is not None
    if not is_graded:
        return None, None
    if model is None:
        roles = (_model(log.at("eval", "model_roles", role)) for role in _JUDGE_ROLES)
        others = set(log.at("stats", "model_usage").fields()) - {log.at("eval", "model").value}
        model = next((found for found in roles if found), None) or (
            next(iter(others)) if len(others) == 1 else log.at("eval", "model").text()
        )
    asked = {name: options.at(name).value for name in _JUDGE_PROMPT if options.at(name).value is not None}
    return None if model is None else _hub_name(model), digest(asked) if asked else None


def _model(node: Node) -> str | None:
    return (
        node.at("model").text()
        if isinstance(node.value, dict)
        else node.text()
        if isinstance(node.value, str)
        else None
    )


def _template(log: Node, samples: SampleScores) -> str | None:
    """Return how the task was set up: its version and arguments, the solvers, and a hash of all inputs and targets."""
    steps = [[step.at("solver").value, step.at("params_passed").value] for step in log.at("plan", "steps").elements()]
    system = [
        log.at(*place, "system_message").value for place in (("plan", "config"), ("eval", "model_generate_config"))
    ]
    return told(
        {
            "arguments": digest(log.at("eval", "task_args").value),
            "solvers": digest([steps, system]),
            "version": log.at("eval", "task_version").value,
            "prompts": samples.prompts(),
        }
    )


def _decoding(log: Node) -> str | None:
    """Return how answers are drawn: the task's own settings, and over them those that were given for the model."""
    settings = log.at("plan", "config").fields() | {
        name: value for name, value in log.at("eval", "model_generate_config").fields().items() if value is not None
    }
    return told({name: settings.get(name) for name in DECODING})
