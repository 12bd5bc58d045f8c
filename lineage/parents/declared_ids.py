"""Parse declared parents: find the ids in the free text of `base_model`, and say why the rest names no model.

Cards are user-written YAML, so any JSON value may stand where an id should; nothing here raises. The rules for ids are
those of the Hub: `name` or `namespace/name` of ASCII letters, digits, `-`, `_` and `.`; a name of at most 96 characters
that neither starts nor ends with `-` or `.` (whole ids of 122 characters exist); no `--`, no `..`, and not ending in
`.git`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote

from lineage.vocabulary import Relation

Form: TypeAlias = Literal["id", "bare", "url", "subpath", "several"]
Fault: TypeAlias = Literal["empty", "not text", "local path", "another site", "not a model", "impossible id"]

TEXT_LIMIT: Final = 500
_DEPTH_LIMIT: Final = 4
_ID: Final = re.compile(r"(?:[A-Za-z0-9_](?:[\w.-]*\w)?/)?(?=.{1,96}\Z)\w(?:[\w.-]*\w)?", re.ASCII)
_PLACEHOLDERS: Final = frozenset({"", "-", "[]", "{}", "n/a", "na", "nan", "none", "null", "unknown", "undefined"})
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?")
_NUMBER: Final = re.compile(r"[-+]?\d+(?:\.\d+)?")
_HUB_URL: Final = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/|hf://", re.IGNORECASE)
_ANY_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://|www\.", re.IGNORECASE)
_MARKDOWN_LINK: Final = re.compile(r"\[[^\]]*\]\(\s*<?([^)>\s]+)>?\s*\)")
_PUNCTUATION: Final = re.compile(r"(?<=\w)[.,;]+\Z")
_SEPARATOR: Final = re.compile(r"[,;+&|\r\n]|\sand\s")
_LOCAL: Final = re.compile(r"[/\\~]|\.{1,2}[/\\]|\.{1,2}\Z|[A-Za-z]:[/\\]|file:|\$|[^/]*\\")
_LOCAL_FOLDERS: Final = frozenset(
    {
        *("checkpoint", "checkpoints", "content", "data", "downloads", "drive", "experiments", "home", "kaggle"),
        *("local", "logs", "mnt", "model_cache", "models", "opt", "out", "output", "outputs", "results", "root"),
        *("runs", "saved_models", "scratch", "tmp", "usr", "users", "volumes", "workspace"),
    }
)
_CACHE_FOLDER: Final = re.compile(r"models--([^/\\]+?)--([^/\\]+)")
_OTHER_KINDS: Final = frozenset(
    {"collections", "datasets", "docs", "papers", "spaces", "blog", "posts", "learn", "tasks"}
)
_PAGES: Final = frozenset({"blob", "commit", "commits", "discussions", "edit", "raw", "resolve", "tree"})
"""Page names in repository URLs, followed by further segments; after an old bare id such a word is not a name."""
_RELATIONS: Final = {relation.value: relation for relation in Relation}
_KEYS: Final = ("name", "id", "model", "model_id", "repo_id", "repo", "base_model", "path", "url")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredParent:
    """A parent that could be read: its `id`, the `form` it was written in and the original `text`."""

    id: str
    form: Form
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A value that names no parent, and the reason.

    `hint` is the last part of a local path, or the id inside a cache path; it can suggest a parent, but never declares
    one.
    """

    text: str
    reason: Fault
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagDeclaration:
    """The content of a `base_model:` tag: the `text` of the parent and the relation, None for an untyped tag."""

    relation: Relation | None
    text: str


def is_possible_id(text: str) -> bool:
    """Return whether the Hub could have a model with this id; it need not exist."""
    return _ID.fullmatch(text) is not None and "--" not in text and ".." not in text and not text.endswith(".git")


def read_parents(value: object) -> tuple[DeclaredParent | Unread, ...]:
    """Read every parent in a JSON value of `base_model`, in the order written; the result has at least one entry.

    Lists are read element by element and mappings by their name; None, an empty list and placeholders are `empty`.
    Numbers and dates, also those written as text, are `not text`. A text is kept up to `TEXT_LIMIT` characters.
    """
    return tuple(_read_value(value, 0)) or (Unread(text=_show(value), reason="empty"),)


def read_tag(tag: str) -> TagDeclaration | None:
    """Read `base_model:X` or `base_model:<relation>:X`; None if the tag is about something else.

    The second part is a relation only if text follows it: `base_model:finetune` declares a parent named `finetune`.
    """
    prefix, _, rest = tag.partition(":")
    if prefix.strip().lower() != "base_model":
        return None
    word, colon, text = rest.partition(":")
    relation = _RELATIONS.get(word.strip().lower())
    if colon and relation is not None and text.strip():
        return TagDeclaration(relation=relation, text=text.strip())
    return TagDeclaration(relation=None, text=rest.strip())


def _read_value(value: object, depth: int) -> Iterator[DeclaredParent | Unread]:
    if value is None:
        yield Unread(text="", reason="empty")
    elif isinstance(value, str):
        yield from _read_text(value)
    elif depth < _DEPTH_LIMIT and isinstance(value, list | tuple):
        for element in value:
            yield from _read_value(element, depth + 1)
    elif depth < _DEPTH_LIMIT and isinstance(value, Mapping) and (key := next((k for k in _KEYS if k in value), None)):
        yield from _read_value(value[key], depth + 1)
    else:
        yield Unread(text=_show(value), reason="empty" if value == {} else "not text")


def _read_text(written: str) -> Iterator[DeclaredParent | Unread]:
    text = _PUNCTUATION.sub("", written.strip().strip("\"'`").strip())
    whole = _read_one(text)
    if isinstance(whole, DeclaredParent) or whole.reason in {"empty", "not text"}:
        yield whole
        return
    parts = [part for written_part in _SEPARATOR.split(text) if (part := written_part.strip())]
    read = [_read_one(part) for part in parts]
    if not parts[1:] or not all(isinstance(one, DeclaredParent) for one in read):
        yield whole
        return
    if " and " in text and not all("/" in part for part in parts):
        yield whole
        return
    for one in read:
        if isinstance(one, DeclaredParent):
            yield DeclaredParent(id=one.id, form="several", text=text[:TEXT_LIMIT])


def _read_one(text: str) -> DeclaredParent | Unread:
    kept = text[:TEXT_LIMIT]
    if text.lower() in _PLACEHOLDERS:
        return Unread(text=kept, reason="empty")
    if _DATE.fullmatch(text) or _NUMBER.fullmatch(text):
        return Unread(text=kept, reason="not text")
    link = _MARKDOWN_LINK.fullmatch(text)
    address = link.group(1) if link else text
    if hub := _HUB_URL.match(address):
        return _read_address(address[hub.end() :], kept)
    if _ANY_URL.match(address) and not address.lower().startswith("file:"):
        return Unread(text=kept, reason="another site")
    if is_possible_id(text):
        return DeclaredParent(id=text, form="id" if "/" in text else "bare", text=kept)
    return _read_path(text, kept)


def _read_address(path: str, kept: str) -> DeclaredParent | Unread:
    parts = [part for part in unquote(re.split(r"[?#]", path, maxsplit=1)[0]).split("/") if part]
    if parts and parts[0] == "api":
        parts = parts[1:]
    if parts and parts[0].lower() in _OTHER_KINDS:
        return Unread(text=kept, reason="not a model")
    if parts and parts[0] == "models":
        parts = parts[1:]
    name = parts[0] if parts[2:] and parts[1] in _PAGES else "/".join(parts[:2])
    name = name.partition("@")[0]
    if is_possible_id(name):
        return DeclaredParent(id=name, form="url", text=kept)
    return Unread(text=kept, reason="impossible id")


def _read_path(text: str, kept: str) -> DeclaredParent | Unread:
    if cached := _CACHE_FOLDER.search(text):
        return Unread(text=kept, reason="local path", hint=_as_hint("/".join(cached.groups())))
    parts = [part for part in re.split(r"[/\\]", text) if part] or [text]
    if _LOCAL.match(text) or text == f"{parts[0]}/" or (parts[2:] and parts[0].lower() in _LOCAL_FOLDERS):
        return Unread(text=kept, reason="local path", hint=_as_hint(parts[-1]))
    name = "/".join(parts[:2])
    if (
        text.count("/")
        and not any(character.isspace() for character in text)
        and is_possible_id(name.partition("@")[0])
    ):
        return DeclaredParent(id=name.partition("@")[0], form="id" if text == f"{name}/" else "subpath", text=kept)
    return Unread(text=kept, reason="impossible id")


def _as_hint(text: str) -> str | None:
    return text if is_possible_id(text) else None


def _show(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)[:TEXT_LIMIT]
    except (RecursionError, TypeError, ValueError):
        return f"a {type(value).__name__}"
