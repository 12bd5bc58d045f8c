"""What the results file of lm-evaluation-harness says of the whole run: the model, its revision, the time, the prompt.

Seen: files that lm-evaluation-harness 0.4.13 wrote with its `hf` model, with and without `peft`, a chat template and a
limit. `config.model_args` is a mapping there and a text in earlier versions; both are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from evaluation.imports.json_node import Node

if TYPE_CHECKING:
    from datetime import datetime

    from evaluation.imports.interface import ImportSettings

MODEL_ARGUMENTS: Final = ("peft", "delta", "pretrained", "model", "path", "engine")
"""Where the model's name stands, first the derivative: with `peft` and `delta`, `pretrained` is what they sit on."""
SHA_OF: Final = {"peft": "peft_sha", "delta": "delta_sha"}
_COMMIT: Final = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessRun:
    """The model of a run and how it was asked.

    `carrier` is the base that an adapter or a delta sat on; None where the model stood alone. `revision` is a commit,
    or a branch that is not `main`; None where the file tells neither. `softmax_dtype` is of log-likelihoods.
    """

    model: str
    revision: str | None
    carrier: str | None
    measured_at: datetime | None
    softmax_dtype: str | None
    chat: str | None
    system: str | None
    multiturn: bool | None

    @property
    def asked_with(self) -> dict[str, object]:
        """Return what the file tells of the prompt, for all tasks of the run."""
        return {"chat": self.chat, "system": self.system, "multiturn": self.multiturn or None}


def read_run(document: Node, wanted: ImportSettings) -> HarnessRun:
    """Read what holds for all tasks; raises ImportRefused where no model is named, by the file or by the user."""
    config = document.at("config")
    arguments = _arguments(config.at("model_args"))
    role = next((name for name in MODEL_ARGUMENTS if arguments.at(name).value), None)
    named = arguments.at(role) if role else document.at("model_name")
    model = wanted.model or named.text()
    if model is None:
        raise named.refused("no model is named; say which with --model")
    is_of_file = wanted.model is None or wanted.model.casefold() == str(named.value).casefold()
    return HarnessRun(
        model=model,
        revision=wanted.revision or (_revision(config, role) if is_of_file else None),
        carrier=arguments.at("pretrained").text() if role in SHA_OF else None,
        measured_at=document.at("date").moment(),
        softmax_dtype=_softmax_dtype(config, arguments),
        chat=_hash(document.at("chat_template_sha")),
        system=_hash(document.at("system_instruction_sha")),
        multiturn=bool(document.at("fewshot_as_multiturn").value),
    )


def _arguments(node: Node) -> Node:
    if not isinstance(node.value, str):
        return node
    pairs = (part.partition("=") for part in node.value.split(","))
    return Node(node.path, node.place, {name.strip(): value.strip() for name, _, value in pairs})


def _revision(config: Node, role: str | None) -> str | None:
    """Return the commit that was measured; `main` is no answer, as it moves."""
    sha = config.at(SHA_OF.get(role or "", "model_sha")).text()
    if sha is not None and _COMMIT.fullmatch(sha):
        return sha
    revision = None if role in SHA_OF else config.at("model_revision").text()
    return None if revision == "main" else revision


def _softmax_dtype(config: Node, arguments: Node) -> str | None:
    """Return the type in which the `hf` model takes log-softmax: the one asked for, else the type of the weights.

    None for other engines, which do not tell, under mixed precision, which decides by operation, and where the type was
    left to the model (`auto`) and not written down.
    """
    engine = config.at("model").text() or ""
    if not engine.startswith(("hf", "huggingface")) or arguments.at("mixed_precision_dtype").value:
        return None
    asked = (arguments.at("softmax_dtype"), config.at("model_dtype"), arguments.at("dtype"))
    found = next((text for node in asked if (text := node.text())), "auto").removeprefix("torch.")
    return None if found == "auto" else found


def _hash(node: Node) -> str | None:
    text = node.text()
    return None if text is None else text[:16]
