"""Families whose root is a derivative: its record declares nothing, and only a file says what it was made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.catalogue.file_hashes import mergekit_config
from sandbox.catalogue.recipes import adapter, finetune, merge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.catalogue.draft import Domain, Draft

_KELP = "tidewater-ai/kelp-14b"
_HERON = "orchard/heron-9b-it"
_PLAIN: dict[str, object] = {"license": "apache-2.0"}
_BODY = "# A model\n\nIt was made with patience.\n"
_CHILDREN: tuple[tuple[str, str, Domain], ...] = (
    ("birchgrove", "clinical", "medical"),
    ("yarrow-nlp", "legal", "legal"),
    ("tessa-moor", "financial", "financial"),
)


def silent_roots(bases: Mapping[str, Draft]) -> list[Draft]:
    """Return the roots, each with a derivative in every domain, and two true roots whose configuration misleads."""
    kelp, heron = bases[_KELP], bases[_HERON]
    roots = [
        _silent(finetune("fernhollow/fern-14b-talk", kelp, loaded_from=kelp.id, evidence="name_or_path"), "config"),
        replace(
            _silent(finetune("fernhollow/moss-9b", heron, evidence="readme"), "card"),
            body=f"{_BODY}\nThis model is a fine-tuned version of [{heron.id}](https://huggingface.co/{heron.id}).\n",
        ),
        replace(
            _silent(finetune("fernhollow/sedge-9b", heron, evidence="readme", gate="manual"), "gated_card"),
            body=f"{_BODY}\nFine-tuned from [{heron.id}](https://huggingface.co/{heron.id}).\n",
            loaded_from=heron.id,
        ),
        _silent(adapter("fernhollow/reed-9b-lora", heron, evidence="adapter_config"), "adapter_config"),
        _silent(
            merge(
                "fernhollow/thicket-9b",
                [heron, bases["orchard/heron-9b"]],
                evidence="mergekit",
                files=(("mergekit_config.yml", mergekit_config([heron.id, "orchard/heron-9b"])),),
            ),
            "mergekit",
            tags=["merge", "mergekit"],
        ),
    ]
    true_roots = [
        _silent(finetune(f"fernhollow/{name}", kelp, loaded_from=path, parents=(), evidence=None), kind)
        for name, path, kind in (
            ("heath-14b", "fernhollow/heath-14b", "itself"),
            ("gorse-14b", "/mnt/disk/checkpoint-9000", "local_path"),
        )
    ]
    return [*roots, *true_roots, *(child for root in (*roots, *true_roots) for child in _children(root))]


def _silent(draft: Draft, kind: str, tags: list[str] | None = None) -> Draft:
    """Return a draft whose record declares nothing of its parents; `kind` is the file that does, or misleads."""
    return replace(
        draft,
        card=_PLAIN | ({"tags": tags} if tags else {}),
        body=_BODY,
        oddity=f"root_by_{kind}",
        overrides={"config": {}} if draft.weights == "adapter" else {},
    )


def _children(root: Draft) -> list[Draft]:
    """Return a fine-tune of a root in every domain."""
    return [
        finetune(
            f"{author}/{root.name.removesuffix('-lora')}-{word}",
            root,
            own=frozenset({domain}),
            signals=frozenset({"name"}),
            weights="safetensors",
            oddity="below_a_silent_root",
        )
        for author, word, domain in _CHILDREN
    ]
