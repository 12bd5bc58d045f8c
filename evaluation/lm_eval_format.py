"""What files of lm-evaluation-harness and our own runs of its tasks share: the names of items and of prompts.

An item is named by the hash of its document. A document that occurs twice in a task is named `HASH`, `HASH#2` ... in
the order of `doc_id`, which is the order of the data set and therefore the same for every model, whatever the order of
the lines. All of them are one cluster, because they ask the same question.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from evaluation.json_node import name_of
from lineage.scores.score import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ENGINE: Final = "lm-eval"
GENERATION: Final = "generate_until"


def asked_hash(asked: Iterable[tuple[str, str]]) -> str:
    """Return a hash of documents and what was asked for each, given as hashes, whatever their order."""
    return digest(sorted({f"{document}:{prompt}" for document, prompt in asked}))


def cluster_of(document: object) -> str | None:
    """Return the cluster of a document, from its own field `cluster`; None without one.

    lm-evaluation-harness knows no clusters: the field is ours, for data sets that are made of variants of one prompt. A
    name that is too long or cannot be stored is replaced by its hash.
    """
    named = document.get("cluster") if isinstance(document, dict) else None
    return name_of(named) if isinstance(named, str) and named else None


def name_documents(
    documents: Sequence[str], told: Sequence[str | None]
) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Return the names of items by the hashes of their documents, in the order of the data set, and their clusters.

    `told` is the cluster that each document names; the others form clusters with their repetitions. Clusters are None
    if no document names one and none occurs twice.
    """
    seen: Counter[str] = Counter()
    names = []
    for document in documents:
        seen[document] += 1
        names.append(document if seen[document] == 1 else f"{document}#{seen[document]}")
    clusters = tuple(cluster or document for cluster, document in zip(told, documents, strict=True))
    return tuple(names), clusters if len(seen) < len(documents) or any(told) else None


def common_value(values: Mapping[str, object]) -> object:
    """Return the value that all tasks have in common, or all values if they differ."""
    alike = {digest(value) for value in values.values()}
    return next(iter(values.values())) if len(alike) == 1 else values
