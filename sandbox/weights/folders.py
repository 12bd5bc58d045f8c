"""The folder of a family: one folder per model, as its author would push it, and the list of models."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from sandbox.catalogue.cards import front_matter
from sandbox.catalogue.draft import RELATIONS
from sandbox.catalogue.file_hashes import mergekit_config
from sandbox.weights.family import Adapted, Averaged, Blended, FamilyMember

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.catalogue.draft import Link

LIST: Final = "family.json"
INSTRUMENTS: Final = "instruments"
_MODELS: Final = "models"
_ID: Final = re.compile(r"[A-Za-z0-9][\w-]*/[A-Za-z0-9][\w-]*", re.ASCII)
_RELATIONS: Final = {relation: relation for relation in RELATIONS}
_TAGS: Final = {"medical": "medical", "legal": "legal", "financial": "finance"}


class NoFamilyError(ValueError):
    """The folder holds no family written by `lineage sandbox weights`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A member as the list names it: its id and its true parents."""

    id: str
    parents: tuple[Link, ...]


def place_of(folder: Path, model: str) -> Path:
    """Return the folder with the files of a model."""
    return folder / _MODELS / model


def write_card(folder: Path, member: FamilyMember) -> None:
    """Write the README.md of a member, and for a merge its mergekit_config.yml."""
    title = member.id.rsplit("/", 1)[-1]
    readme = f"---\n{front_matter(card_of(member))}---\n\n# {title}\n\n{member.sentence}\n"
    place = place_of(folder, member.id)
    (place / "README.md").write_text(readme, "utf-8")
    if isinstance(member.recipe, Averaged):
        written = mergekit_config(member.recipe.parents).replace(b"bfloat16", b"float32")
        (place / "mergekit_config.yml").write_bytes(written)


def card_of(member: FamilyMember) -> dict[str, object]:
    """Return the front matter of a member's card, which says what its author declares."""
    tags = [_TAGS[member.domain]] if member.domain is not None else []
    tags += ["mergekit", "merge"] if isinstance(member.recipe, Averaged | Blended) else []
    tags += ["lora"] if isinstance(member.recipe, Adapted) else []
    card: dict[str, object] = {
        "license": "apache-2.0",
        "language": "en",
        "library_name": "peft" if isinstance(member.recipe, Adapted) else "transformers",
        "pipeline_tag": "text-generation",
    }
    if tags:
        card["tags"] = tags
    if member.dataset is not None:
        card["datasets"] = [member.dataset]
    if declared := member.declared_parents:
        ids = [parent for parent, _ in declared]
        card |= {"base_model": ids if len(ids) > 1 else ids[0], "base_model_relation": declared[0][1]}
    return card


def read_card(folder: Path, model: str) -> dict[str, object]:
    """Read the front matter of a model's README. Raises NoFamilyError."""
    text = (place_of(folder, model) / "README.md").read_text("utf-8")
    card = yaml.safe_load(text.split("---\n", 2)[1])
    if not isinstance(card, dict):
        raise NoFamilyError(f"the card of {model} in {folder} has no front matter")
    return card


def write_list(folder: Path, members: tuple[FamilyMember, ...], seed: int) -> None:
    """Write the truth: which models the folder holds, parents first, the parents of each, and how it was made."""
    listed = [_listing(member) for member in members]
    (folder / LIST).write_text(json.dumps({"seed": seed, "models": listed}, indent=1) + "\n", "utf-8")


def _listing(member: FamilyMember) -> dict[str, object]:
    listing: dict[str, object] = {
        "id": member.id,
        "parents": [list(link) for link in member.parents],
        "made": type(member.recipe).__name__.lower(),
    }
    return listing | ({"shares": list(member.recipe.shares)} if isinstance(member.recipe, Blended) else {})


def read_list(folder: Path) -> tuple[Listed, ...]:
    """Return which models a folder holds, parents first. Raises NoFamilyError."""
    try:
        models = json.loads((folder / LIST).read_text("utf-8"))["models"]
        return tuple(_listed(model) for model in models)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise NoFamilyError(f"{folder} holds no family: make one with `lineage sandbox weights {folder}`") from error


def _listed(written: dict[str, Any]) -> Listed:
    if not _ID.fullmatch(written["id"]):
        raise ValueError(written["id"])
    return Listed(id=written["id"], parents=tuple((parent, _RELATIONS[name]) for parent, name in written["parents"]))
