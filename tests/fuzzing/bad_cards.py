"""Front matter of cards and configurations in YAML with something wrong in each, also what only YAML can say."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random

    from tests.fuzzing import bad_json, sound_files
else:  # beside this file, wherever it is loaded from
    bad_json, sound_files = import_module("bad_json"), import_module("sound_files")

LEVELS: Final = (3, 9, 30)
ODD: Final = (
    *("base_model: !!python/object/apply:os.system [id]", "base_model: !!int ''", "base_model: !!float x"),
    *(
        "base_model: !!bool maybe",
        "base_model: !!timestamp 2026-99-99",
        "base_model: 2026-02-30",
        "base_model: !!binary x",
    ),
    *(
        "base_model: !!set {a, b}",
        "base_model: !!omap [a: 1]",
        "base_model: !!pairs [a: 1, a: 2]",
        "base_model: !other x",
    ),
    *("base_model: &a [*a]", "&a base_model: *a", "base_model: *nowhere", "base_model: &a {a: *a}", "? [a, b]\n: c"),
    *("? {a: b}\n: c", "<<: 5\nbase_model: a/b", "<<: [1, 2]", "<<: &a {<<: *a}", "base_model: 1:2:3:4:59.5"),
    *("base_model: 0o777777777777777777777", "base_model: 0x" + "f" * 5_000, "base_model: " + "1_" * 3_000 + "1"),
    *(
        "base_model: " + ":".join(["59"] * 3_000),
        "base_model: .inf",
        "base_model: -.NAN",
        "base_model: ~",
        "\tbase_model: a/b",
    ),
    *(
        "base_model: a: b: c",
        "base_model: @a/b",
        "base_model: %a",
        "%YAML 9.9",
        "base_model: 'a",
        'base_model: "\\ud800"',
    ),
    *(
        'base_model: "\\x00"',
        "base_model: |\n  a/b\n  c/d",
        "base_model: >-\n\n\n",
        "base_model: a/b\nbase_model: c/d",
        "- base_model",
    ),
    *(
        "5",
        "''",
        "null",
        "base_model: a/b # \u202e",
        "{" * 500,
        "[" * 2_000,
        "- " * 2_000,
        "base_model: a/b\n...\n--- x",
        "? " * 900,
    ),
)


def bad_card(chance: random.Random) -> tuple[str, str]:
    """Draw a kind of fault, and a text with it between the marks of front matter."""
    kind = chance.choice(("value", "values", "bytes", "aliases", "merges", "odd", "deep"))
    text = _block(chance, kind)
    before = chance.choice(("", "", "", "\ufeff", "<!-- x -->\n", "\n\n"))
    break_ = chance.choice(("\n", "\n", "\r\n", "\r"))
    return (
        kind,
        f"{before}---{break_}{text}{break_}---{break_}# A model\n\nfine-tuned version of [a](https://hub.invalid/a)\n",
    )


def _block(chance: random.Random, kind: str) -> str:
    document: Any = sound_files.card()
    match kind:
        case "value" | "values":
            for _ in range(chance.randrange(2, 5) if kind == "values" else 1):
                document = bad_json.mutated(chance, document)
            return bad_json.write(document)
        case "bytes":
            return bad_json.broken(chance, _plain(document).encode()).decode("utf-8", "surrogateescape")
        case "aliases":
            return _bomb(chance.choice(LEVELS), "[{}]", chance.randrange(2, 10))
        case "merges":
            return _bomb(chance.choice(LEVELS), "{{<<: [{}]}}", chance.randrange(2, 10))
        case "deep":
            depth = chance.choice((30, 300, 3_000))
            return chance.choice(
                (
                    "base_model: " + "[" * depth + "]" * depth,
                    "base_model: " + "{a: " * depth + "1" + "}" * depth,
                    "\n".join("  " * level + "a:" for level in range(min(depth, 300))),
                    "models:\n- " + "- " * depth + "model: a/b",
                )
            )
        case _:
            lines = _plain(document).splitlines()
            lines.insert(chance.randrange(len(lines) + 1), chance.choice(ODD))
            return chance.choice((chance.choice(ODD), "\n".join(lines)))


def _plain(document: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {bad_json.write(value)}" for name, value in document.items())


def _bomb(levels: int, form: str, width: int) -> str:
    """Return anchors of which each repeats the one before it: small as text, large where each is read anew."""
    lines = ["a0: &a0 " + ("{x: a/b}" if "<<" in form else "[a/b]")]
    lines.extend(
        f"a{level}: &a{level} " + form.format(", ".join([f"*a{level - 1}"] * width)) for level in range(1, levels)
    )
    lines.append(f"base_model: *a{levels - 1}")
    return "\n".join(lines)
