"""An advisory on models: a record of OSV (ossf.github.io/osv-schema, 1.9.1), and the models of the Hub that it names.

OSV defines no ecosystem for models. A model is named by a GIT range with the address of its repository, which is valid
OSV, by a package URL (`pkg:huggingface/OWNER/NAME@COMMIT`), or by a package of an ecosystem called Hugging Face.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from lineage.advisories.osv_json import OsvNode
from lineage.errors import UsageError
from lineage.parents.declared_ids import is_possible_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

HUB_HOSTS: Final = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
ADDRESS: Final = "https://huggingface.co/"
PURL: Final = "pkg:huggingface/"
VERSION: Final = "1.9.1"
MOST_AFFECTED: Final = 10_000
MOST_COMMITS: Final = 10_000
_ECOSYSTEM: Final = "huggingface"
_ENDS: Final = ("fixed", "last_affected", "limit")
_COMMIT: Final = re.compile(r"[0-9a-f]{7,64}")
_SEPARATORS: Final = re.compile(r"[ _-]+")
_OTHER_KINDS: Final = frozenset({"datasets", "spaces"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedModel:
    """A model that an advisory names. `commits` are those that it names; None if it holds for every commit.

    `is_exact` is false if it names a range or a tag too, whose commits only the repository knows.
    """

    id: str
    commits: tuple[str, ...] | None = None
    is_exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """What an advisory says, and the whole record as it was read, in canonical JSON."""

    id: str
    modified_at: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None
    summary: str | None
    severity: str | None
    models: tuple[AffectedModel, ...]
    body: str


def read_advisories(text: bytes, name: str) -> tuple[Advisory, ...]:
    """Read a file of one record of OSV, or of a list of them; raises AdvisoryRefused with the file and the field."""
    whole = OsvNode.read(text, name)
    nodes = whole.elements() if isinstance(whole.value, list) else [whole]
    return tuple(map(_read, nodes))


def own_advisory(
    model: str,
    made_at: datetime,
    *,
    summary: str,
    details: str | None = None,
    commits: Sequence[str] = (),
    references: Sequence[str] = (),
) -> Advisory:
    """Return an advisory of one's own on a model; raises UsageError for an impossible id, AdvisoryRefused for texts.

    `x_` begins the ids of local databases, whose records are valid OSV.
    """
    if not is_possible_id(model):
        raise UsageError(f"{model!r} is no id of a model")
    bounds = [[{"introduced": commit}, {"last_affected": commit}] for commit in commits] or [[{"introduced": "0"}]]
    ranges = [{"type": "GIT", "repo": f"{ADDRESS}{model}", "events": events} for events in bounds]
    moment = made_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    number = hashlib.sha256(f"{model}\x1f{summary}\x1f{moment}".encode()).hexdigest()[:8]
    record = {
        "schema_version": VERSION,
        "id": f"x_LINEAGE-{made_at.year}-{number}",
        "modified": moment,
        "published": moment,
        "summary": summary,
        **({} if details is None else {"details": details}),
        "affected": [{"ranges": ranges, "database_specific": {"purl": f"{PURL}{model}"}}],
        "references": [{"type": "WEB", "url": url} for url in references],
    }
    return read_advisories(json.dumps(record).encode(), "the advisory")[0]


def _read(node: OsvNode) -> Advisory:
    modified = node.at("modified").moment()
    if modified is None:
        raise node.at("modified").refused("missing")
    for name in ("aliases", "related", "upstream", "references", "credits"):
        node.at(name).elements()
    for one in node.at("references").elements():
        one.at("url").name()
    ratings = [one.at("score").text() for one in node.at("severity").elements()]
    affected = node.at("affected").elements(MOST_AFFECTED)
    node.at("details").text()
    return Advisory(
        id=node.at("id").name(),
        modified_at=modified,
        published_at=node.at("published").moment(),
        withdrawn_at=node.at("withdrawn").moment(),
        summary=node.at("summary").text(),
        severity="; ".join(rating for rating in ratings if rating) or None,
        models=_joined(model for one in affected for model in _models(one)),
        body=node.canonical(),
    )


def _models(entry: OsvNode) -> Iterator[AffectedModel]:
    """Yield the models that an entry of `affected` names; none where it is about something else."""
    versions = tuple(one.name() for one in entry.at("versions").elements(MOST_COMMITS))
    ranges = entry.at("ranges").elements(MOST_COMMITS)
    repositories = [_hub_model(one.at("repo")) for one in ranges]
    model, commit = _package(entry.at("package"))
    named = tuple(commit for commit in (*versions, commit) if commit)
    if model is not None:
        yield _affected(
            model, named, [one for one, at in zip(ranges, repositories, strict=True) if at in (None, model)]
        )
    for other in dict.fromkeys(at for at in repositories if at not in (None, model)):
        chosen = [one for one, at in zip(ranges, repositories, strict=True) if at == other]
        yield _affected(str(other), versions, chosen)


def _package(package: OsvNode) -> tuple[str | None, str | None]:
    """Return the model that a package is, and the commit that its package URL names; None where it is none."""
    purl = package.at("purl")
    address = purl.text()
    if address is not None and address.startswith(PURL):
        path, _, qualifiers = address.removeprefix(PURL).partition("#")[0].partition("?")
        if "repository_url=" in qualifiers and not any(host in qualifiers for host in HUB_HOSTS):
            return None, None  # of another Hub
        model, _, commit = path.partition("@")
        return _checked(purl, unquote(model)), unquote(commit).lower() or None
    ecosystem = package.at("ecosystem").text()
    if ecosystem is not None and _SEPARATORS.sub("", ecosystem.partition(":")[0]).casefold() == _ECOSYSTEM:
        return _checked(package.at("name"), package.at("name").name()), None
    return None, None


def _hub_model(repository: OsvNode) -> str | None:
    """Return the model whose repository on the Hub an address is; None if it is another one."""
    address = repository.text()
    if address is None:
        return None
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise repository.refused("not an address") from error
    path = unquote(parts.path).strip("/").removesuffix(".git")
    if parts.scheme != "https" or parts.netloc.lower() not in HUB_HOSTS or path.partition("/")[0] in _OTHER_KINDS:
        return None
    return _checked(repository, path)


def _checked(node: OsvNode, model: str) -> str:
    if not is_possible_id(model):
        raise node.refused("names no model: the id is impossible")
    return model


def _affected(model: str, named: Sequence[str], ranges: Sequence[OsvNode]) -> AffectedModel:
    commits = list(named)
    is_bounded = False
    for one in ranges:
        events = [
            (key, place.name()) for event in one.at("events").elements(MOST_COMMITS) for key, place in event.items()
        ]
        starts = [value for key, value in events if key == "introduced"]
        ends = [(key, value) for key, value in events if key in _ENDS]
        if starts == ["0"] and not ends:
            return AffectedModel(id=model)
        if [("last_affected", value) for value in starts] == ends:
            commits += starts
        else:
            is_bounded = True
    if not is_bounded and not commits:
        return AffectedModel(id=model)
    is_exact = not is_bounded and all(map(_COMMIT.fullmatch, commits))
    return AffectedModel(id=model, commits=tuple(dict.fromkeys(commits)), is_exact=is_exact)


def _joined(models: Iterator[AffectedModel]) -> tuple[AffectedModel, ...]:
    """Return each model once, with all commits that are named of it; capitals of an id do not matter."""
    found: dict[str, AffectedModel] = {}
    for one in models:
        known = found.get(one.id.casefold(), one)
        commits = None
        if known.commits is not None and one.commits is not None:
            commits = tuple(dict.fromkeys((*known.commits, *one.commits)))
        is_exact = commits is None or (known.is_exact and one.is_exact)
        found[one.id.casefold()] = AffectedModel(id=known.id, commits=commits, is_exact=is_exact)
    return tuple(found.values())
