"""Models that could be evaluated, and the reasons why some never are.

A fact that the record does not state is not held against a model: the runner finds out, and its refusal is stored with
the job. The commit is the exception, because no score can be stored without it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import lru_cache
from shlex import quote
from statistics import median
from typing import TYPE_CHECKING, Final

from lineage.parents.repo_names import read_shape
from lineage.scheduling.plan import SkipCause, SkipReason
from lineage.scheduling.reasons import rounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lineage.scheduling.hardware import Hardware

USUAL_PARAMETERS: Final = 7_000_000_000
"""The assumed size of a model of unknown size: most language models with derivatives on the Hub have it."""
ADAPTER_SHARE: Final = 100
HEADROOM: Final = 1.2
"""Memory that a model needs, as a multiple of its weights, for activations and the key-value cache: a judgement."""
TASKS: Final = frozenset({"text-generation", "conversational", "image-text-to-text"})
HEADS: Final = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")
LARGEST_NAMED: Final = 5_000_000_000_000
_COUNT: Final = re.compile(r"([0-9.]+)([bm])")
_UNITS: Final = {"b": 1e9, "m": 1e6}
SERVED: Final = "lineage evaluate {model} INSTRUMENT --engine endpoint --endpoint-url URL"
LIBRARIES: Final = frozenset({"transformers", "peft"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is known about one model; `node` is its number in the graph, `family` the number of its nearest root.

    `parameters` (from its record) and `weight_bytes` (of all safetensors files) are None where unknown. `is_adapter` is
    true for a repository that holds only the difference to a base; `base` is the id of that base, or None if it is
    unknown or the model is no adapter. `file_kinds` has the endings of its files, lower case and without the dot, and
    is empty if they are unknown; `has_safetensors` is None if nothing tells. `architectures` come from its
    configuration, or are None if that is unknown. `fingerprint` is a hash over weights, configuration, tokenizer and
    template, or None if they are unknown. `status` is as in the view `models`.
    """

    id: str
    node: int
    family: int
    revision: str | None = None
    status: str = "present"
    pipeline_tag: str | None = None
    library: str | None = None
    architectures: tuple[str, ...] | None = None
    parameters: int | None = None
    weight_bytes: int | None = None
    is_gated: bool = False
    needs_remote_code: bool = False
    is_adapter: bool = False
    base: str | None = None
    has_safetensors: bool | None = None
    is_gguf: bool = False
    file_kinds: frozenset[str] = frozenset()
    fingerprint: str | None = None

    @property
    def is_gguf_only(self) -> bool:
        """Whether its files are GGUF and no safetensors, as far as is known."""
        return not self.has_safetensors and (self.is_gguf or "gguf" in self.file_kinds)

    @property
    def size(self) -> int | None:
        """Its number of weights by its record, else by its name; None if neither states it."""
        return named_size(self.id) if self.parameters is None else self.parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the user may run and is willing to run: gated models with access, models whose own code is trusted."""

    granted: frozenset[str] = frozenset()
    trusted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatePool:
    """All candidates by id, including the bases of adapters, with what decides whether they can run.

    `family_sizes` has the usual number of weights per family, by root. `is_served` is true where a server runs the
    models, `serves_gguf` where one runs those that are GGUF only: their files are its own affair.
    """

    candidates: Mapping[str, Candidate]
    hardware: Hardware
    access: Access = field(default_factory=Access)
    family_sizes: Mapping[int, int] = field(default_factory=dict)
    is_served: bool = False
    serves_gguf: bool = False

    def with_family_sizes(self, models: Iterable[Candidate]) -> CandidatePool:
        """Return the pool in which a model of unknown size has the median size of its family, if that is known."""
        sizes = defaultdict(list)
        for model in models:
            if not model.is_adapter and (size := model.size) is not None:
                sizes[model.family].append(size)
        medians = {family: int(median(found)) for family, found in sizes.items()}
        return replace(self, family_sizes=medians)

    def size(self, model: Candidate) -> int:
        """Return the number of weights of a model, not of an adapter: its own, its family's, or the usual one."""
        return model.size or self.family_sizes.get(model.family) or USUAL_PARAMETERS

    def serves(self, model: Candidate) -> bool:
        """Return whether a server runs a model."""
        return self.is_served or (self.serves_gguf and model.is_gguf_only)

    def refuse(self, model: Candidate) -> SkipReason | None:
        """Return why a model is never run, or None if it can be.

        An adapter needs its base to run.
        """
        found = self._refuse_alone(model)
        if found is not None or not model.is_adapter:
            return found
        base = self.base_of(model)
        if base is None:
            if model.base is None:
                remedy = f"lineage edge add {quote(model.id)} BASE --relation adapter"
                return SkipReason(cause=SkipCause.NO_BASE, detail="none is named", remedy=remedy)
            remedy = f"lineage crawl --models {quote(model.base)}"
            return SkipReason(cause=SkipCause.NO_BASE, detail=f"{model.base} is not here", remedy=remedy)
        if base.is_adapter:
            return SkipReason(cause=SkipCause.NO_BASE, detail=f"{base.id} is an adapter itself")
        needed = self._refuse_alone(base)
        return None if needed is None else replace(needed, detail=f"its base {base.id}: {needed.detail}")

    def parameters(self, model: Candidate) -> int:
        """Return the number of weights that run, including those of the base; the usual number if it is unknown."""
        base = self.base_of(model)
        if base is not None:
            return self.size(base) + (model.parameters or 0)
        return self.size(model)

    def weight_bytes(self, model: Candidate) -> float:
        """Return the size of a model's own weight files; an adapter is assumed to have a hundredth of its base."""
        if model.weight_bytes is not None:
            return float(model.weight_bytes)
        own = model.parameters or self.parameters(model) // ADAPTER_SHARE if model.is_adapter else self.size(model)
        return own * self.hardware.bytes_per_weight

    def base_of(self, model: Candidate) -> Candidate | None:
        """Return the base of an adapter; None if it is not in the pool, and for any other model."""
        return self.candidates.get(model.base) if model.is_adapter and model.base is not None else None

    def _refuse_alone(self, model: Candidate) -> SkipReason | None:
        if model.status != "present":
            told, remedy = f"its status is {model.status}", f"lineage crawl --models {quote(model.id)}"
            return SkipReason(cause=SkipCause.NOT_THERE, detail=told, remedy=remedy)
        here = None if self.serves(model) else self._refuse_files(model) or self._refuse_access(model)
        return self._refuse_kind(model) or here or _refuse_commit(model)

    def _refuse_kind(self, model: Candidate) -> SkipReason | None:
        what = _not_a_language_model(model)
        return None if what is None else _no_language_model(what)

    def _refuse_files(self, model: Candidate) -> SkipReason | None:
        if model.has_safetensors:
            return None
        if model.is_gguf_only:
            told = "it has no safetensors; llama.cpp serves it to an endpoint"
            return SkipReason(cause=SkipCause.GGUF_ONLY, detail=told, remedy=SERVED.format(model=quote(model.id)))
        if model.has_safetensors is None:
            return None
        kinds = ", ".join(sorted(model.file_kinds & {"bin", "pt", "pth", "ckpt", "pkl"})) or "no known weights"
        told, remedy = f"no safetensors among its files ({kinds})", SERVED.format(model=quote(model.id))
        return SkipReason(cause=SkipCause.PICKLE_ONLY, detail=told, remedy=remedy)

    def _refuse_access(self, model: Candidate) -> SkipReason | None:
        if model.is_gated and model.id not in self.access.granted:
            told, remedy = "ask for access on the Hub first", f"--granted {quote(model.id)}"
            return SkipReason(cause=SkipCause.GATED, detail=told, remedy=remedy)
        if model.needs_remote_code and model.id not in self.access.trusted:
            told, remedy = "its configuration names its own code (auto_map)", f"--trust-remote-code {quote(model.id)}"
            return SkipReason(cause=SkipCause.REMOTE_CODE, detail=told, remedy=remedy)
        if model.is_adapter or model.size is None:
            return None
        needed = HEADROOM * model.size * self.hardware.bytes_per_weight
        if needed <= self.hardware.room_bytes:
            return None
        told = f"{rounded(model.size)} weights take {needed / 1e9:.0f} GB, {self.hardware.name} has "
        told += f"{self.hardware.room_bytes / 1e9:.0f} GB"
        told += f" on {self.hardware.devices:.0f} devices" if self.hardware.devices > 1 else ""
        return SkipReason(cause=SkipCause.TOO_LARGE, detail=told, remedy="--hardware FILE")


def _refuse_commit(model: Candidate) -> SkipReason | None:
    """Return that a model's commit is unknown: a score names what was measured, so it could not be stored."""
    if model.revision is not None:
        return None
    remedy = f"lineage crawl --revisions {quote(model.id)}"
    return SkipReason(cause=SkipCause.NO_COMMIT, detail="no record of it names one", remedy=remedy)


def named_size(name: str) -> int | None:
    """Return the number of weights that an id states, such as `7b`; None if it states none, or several."""
    counts = read_shape(name).parameters
    found = _COUNT.fullmatch(next(iter(counts))) if len(counts) == 1 else None
    size = int(float(found[1]) * _UNITS[found[2]]) if found else 0
    return size if 0 < size <= LARGEST_NAMED else None


@lru_cache(maxsize=1024)
def _no_language_model(what: str) -> SkipReason:
    """Return the reason of most models, of which many share one."""
    return SkipReason(cause=SkipCause.NO_LANGUAGE_MODEL, detail=what)


def _not_a_language_model(model: Candidate) -> str | None:
    """Return the evidence that a model writes no text, or None if something says that it does."""
    if model.pipeline_tag is not None:
        return None if model.pipeline_tag in TASKS else f"its task is {model.pipeline_tag}"
    if model.architectures:
        is_known = any(name.endswith(HEADS) for name in model.architectures)
        return None if is_known or model.is_adapter else f"it is a {model.architectures[0]}"
    if model.is_adapter or model.library in LIBRARIES or model.has_safetensors:
        return None
    return "nothing shows that it generates text"
