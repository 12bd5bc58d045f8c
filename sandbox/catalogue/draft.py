"""A model as its author pushed it, before the Hub has processed it, and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.hub.repo import Access, Gate

Domain = Literal["medical", "legal", "financial"]
Relation = Literal["finetune", "adapter", "quantized", "merge"]
Basis = Literal["own", "inherited"]
Signal = Literal["name", "tag", "dataset", "card"]
Evidence = Literal["hub", "card", "config", "adapter_config", "mergekit", "readme", "name_or_path", "name", "weights"]
Weights = Literal["safetensors", "gguf", "awq", "gptq", "bitsandbytes", "adapter", "onnx", "none"]
Link = tuple[str, Relation]
RELATIONS: tuple[Relation, ...] = ("adapter", "merge", "quantized", "finetune")


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The truth about one model of the catalogue, for tests to check results against.

    `domains`: pairs (domain, basis); `own` if its name, tags, data sets or card show it, `inherited` if only an
    ancestor does.

    `parents`: pairs (id, relation) as an ideal resolver reports them: the current id for a former name or another case,
    the name as declared for a missing model; a self reference is not a parent; cycles stay as declared.

    `evidence`: the cheapest place that names all parents: `hub` (baseModels), `card` (cardData or tags, cleaned),
    `config` (config.peft), then files and name; None if there are no parents.

    `signals`: where a domain of its own shows. `oddity`: what the model tests, or None for an ordinary one.
    """

    id: str
    domains: tuple[tuple[Domain, Basis], ...]
    parents: tuple[Link, ...]
    evidence: Evidence | None
    signals: frozenset[Signal]
    oddity: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One model as pushed: the card, the weights, and the truth behind them.

    `card` is the front matter, or None for a README without one; `readme` replaces the rendered README if the bytes are
    the point. `parents`, `evidence`, `signals` and `oddity` are as in `Truth`, `own` its own domains.

    `linked` is false if the Hub has not resolved the declared base; `hub_relation` is what the Hub infers against its
    own rules; `peft_base` is the base that adapter_config.json and config.peft name, `loaded_from` the `_name_or_path`
    of config.json.

    `twin` names the model whose weights these are, byte for byte. `overrides` replaces keys of the finished record and
    `omitted` removes them, which makes malformed records. `created_at` is None until the Hub dates it.
    """

    id: str
    card: dict[str, object] | None = field(default_factory=dict)
    body: str = ""
    readme: bytes | None = None
    pipeline: str | None = "text-generation"
    library: str | None = "transformers"
    architecture: str = "llama"
    parameters: int = 7_000_000_000
    weights: Weights = "safetensors"
    files: tuple[tuple[str, bytes], ...] = ()
    parents: tuple[Link, ...] = ()
    evidence: Evidence | None = None
    own: frozenset[Domain] = frozenset()
    signals: frozenset[Signal] = frozenset()
    oddity: str | None = None
    created_at: datetime | None = None
    access: Access = "public"
    gate: Gate = False
    former_ids: tuple[str, ...] = ()
    linked: bool = True
    hub_relation: Relation | None = None
    peft_base: str | None = None
    loaded_from: str | None = None
    twin: str | None = None
    overrides: dict[str, object] = field(default_factory=dict)
    omitted: frozenset[str] = frozenset()

    @property
    def author(self) -> str:
        """The namespace; for a bare name, the name itself."""
        return self.id.split("/", 1)[0]

    @property
    def name(self) -> str:
        """The id without its namespace."""
        return self.id.rsplit("/", 1)[-1]
