"""Models with an odd README: bytes from which the Hub reads no card, or not the card that a reader expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.catalogue.recipes import finetune

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.catalogue.draft import Draft

_HERON = "orchard/heron-9b-it"
_BODY = f"\n# Odd\n\nThis model is a fine-tuned version of [{_HERON}](https://huggingface.co/{_HERON}).\n".encode()
_GOOD = f"---\nlicense: mit\nbase_model: {_HERON}\n---\n".encode()
_SOUND: dict[str, object] = {"license": "mit", "base_model": _HERON}

# Bytes before the body from which the Hub reads nothing.
_UNREAD = {
    "byte_order_mark": b"\xef\xbb\xbf" + _GOOD,
    "comment_first": b"<!-- generated -->\n" + _GOOD,
    "unterminated": f"---\nlicense: mit\nbase_model: {_HERON}\n".encode(),
    "tab": f"---\nlicense:\tmit\ntags:\n\t- x\nbase_model: {_HERON}\n---\n".encode(),
    "at_sign": f"---\nauthor: @jo\nbase_model: {_HERON}\n---\n".encode(),
    "percent": f"---\nshare: %50\nbase_model: {_HERON}\n---\n".encode(),
    "two_colons": f"---\ntitle: a: b: c\nbase_model: {_HERON}\n---\n".encode(),
    "list_block": f"---\n- license: mit\n- base_model: {_HERON}\n---\n".encode(),
    "text_block": b"---\njust a sentence\n---\n",
    "empty_block": b"---\n---\n",
    "object_tag": b"---\nlicense: !!python/object/apply:os.getcwd []\n---\n",
    "aliases_without_end": b"---\na0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(b"a%d: &a%d [%s]\n" % (level, level, b", ".join([b"*a%d" % (level - 1)] * 9)) for level in range(1, 9))
    + b"---\n",
}
# Bytes before the body and the card that the Hub reads from them.
_READ: dict[str, tuple[bytes, dict[str, object]]] = {
    "duplicate_keys": (f"---\nlicense: other\nbase_model: {_HERON}\nlicense: mit\n---\n".encode(), _SOUND),
    "carriage_returns": (_GOOD.replace(b"\n", b"\r\n"), _SOUND),
    "blank_lines_first": (b"\n\n" + _GOOD, _SOUND),
    "language_no": (
        f"---\nlanguage: no\nbase_model: {_HERON}\n---\n".encode(),
        {"language": False, "base_model": _HERON},
    ),
    "number_keys": (f"---\n1: one\nbase_model: {_HERON}\n---\n".encode(), {"1": "one", "base_model": _HERON}),
    "date": (
        f"---\nreleased: 2024-01-01\nbase_model: {_HERON}\n---\n".encode(),
        {"released": "2024-01-01T00:00:00.000Z", "base_model": _HERON},
    ),
    "latin_bytes": (
        f"---\nauthor: Jos\xe9\nbase_model: {_HERON}\n---\n".encode("latin-1"),
        {"author": "Jos\ufffd", "base_model": _HERON},
    ),
}


def odd_readmes(bases: Mapping[str, Draft]) -> list[Draft]:
    """Return one fine-tune for every odd README; the body always names the parent in a sentence."""
    base = bases[_HERON]
    unread = [
        finetune(_id(slug), base, card=None, readme=head + _BODY, evidence="readme", oddity=f"readme_{slug}")
        for slug, head in _UNREAD.items()
    ]
    read = [
        finetune(_id(slug), base, card=card, readme=head + _BODY, oddity=f"readme_{slug}")
        for slug, (head, card) in _READ.items()
    ]
    empty = finetune(
        "larkfield/readme-empty", base, card=None, readme=b"", parents=(), evidence=None, oddity="readme_empty"
    )
    return [*unread, *read, empty]


def _id(slug: str) -> str:
    return f"larkfield/readme-{slug.replace('_', '-')}"
