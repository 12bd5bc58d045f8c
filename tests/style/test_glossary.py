"""The glossary of docs/concepts.md defines the word that every public class is named after, once."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest

ROW = re.compile(r"^\| \*\*(?P<terms>[^|]+)\*\* \| (?P<meaning>[^|]+) \|(?P<also>[^|]*)\|$", re.MULTILINE)
NAME = re.compile(r"`(\w+)`")
WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z][a-z0-9]*|[A-Z]+|[a-z0-9]+")
ERRORS = {"Exception", "BaseException", "RuntimeError", "ValueError"}
NO_PLURALS = {"news", "progress", "status", "access", "process"}
Term = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glossary:
    """The terms of the page, each as its words in the singular, and the classes that it names beside them."""

    terms: tuple[Term, ...]
    classes: tuple[str, ...]

    def defines(self, name: str) -> bool:
        """Return whether a name ends in a term."""
        words = term_of(" ".join(WORD.findall(name)))
        return any(words[start:] in self.terms for start in range(len(words)))


def singular(word: str) -> str:
    """Return a word of the glossary without the ending of a plural."""
    if word in NO_PLURALS or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word.removesuffix("s")


def term_of(text: str) -> Term:
    """Return the words of a term in lower case and in the singular."""
    return tuple(singular(word) for word in re.split(r"[ -]", text.lower()))


def read_glossary(page: str) -> Glossary:
    """Return what the tables below the heading `Glossary` hold."""
    rows = list(ROW.finditer(page.partition("\n## Glossary\n")[2]))
    return Glossary(
        terms=tuple(term_of(term) for row in rows for term in row["terms"].split(", ")),
        classes=tuple(chain.from_iterable(NAME.findall(row["also"]) for row in rows)),
    )


def members(value: ast.expr) -> list[str]:
    """Return the names in a union such as `A | B`; empty for any other expression."""
    match value:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return [*members(left), *members(right)]
        case ast.Name(id=name):
            return [name]
        case _:
            return []


def unions(trees: Mapping[Path, ast.Module]) -> Iterator[tuple[str, list[str]]]:
    """Yield the name and the members of each union that a module defines under a name."""
    for statement in chain.from_iterable(tree.body for tree in trees.values()):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, members(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, members(value)


def public_classes(trees: Mapping[Path, ast.Module]) -> set[str]:
    """Return the names of the public classes of public modules, without the errors: their docstrings define those."""
    found = {
        node.name: [ast.unparse(base).rpartition(".")[2] for base in node.bases]
        for path, tree in trees.items()
        if path.name == "__init__.py" or not path.name.startswith("_")
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }

    def is_error(name: str) -> bool:
        return name in ERRORS or any(is_error(base) for base in found.get(name, ()))

    return {name for name in found if not name.startswith("_") and not is_error(name)}


@pytest.fixture(name="glossary", scope="module")
def fixture_glossary(root: Path) -> Glossary:
    """Give the glossary of the documentation."""
    return read_glossary((root / "docs" / "concepts.md").read_text("utf-8"))


def test_every_class_is_named_after_a_term(glossary: Glossary, shipped: Mapping[Path, ast.Module]) -> None:
    """A class ends in a term, stands beside one, or is a case of a union that ends in one."""
    cases = {member for name, union in unions(shipped) if glossary.defines(name) for member in union}
    named = cases | {*glossary.classes}
    missing = sorted(name for name in public_classes(shipped) - named if not glossary.defines(name))
    assert not missing, f"the glossary of docs/concepts.md has no term for {', '.join(missing)}"


def test_every_class_of_the_glossary_exists(glossary: Glossary, shipped: Mapping[Path, ast.Module]) -> None:
    """A class that was renamed or removed does not stay, and one that ends in a term is not listed beside another."""
    classes = public_classes(shipped)
    assert [name for name in glossary.classes if name not in classes] == []
    assert [name for name in glossary.classes if glossary.defines(name)] == []


def test_a_word_has_one_meaning(glossary: Glossary) -> None:
    """No term and no class stands in two rows."""
    assert [term for term, count in Counter(glossary.terms).items() if count > 1] == []
    assert [name for name, count in Counter(glossary.classes).items() if count > 1] == []


def test_what_the_glossary_lacks_is_named() -> None:
    """Plurals, the last words of a name and the classes beside a term count; other words of a name do not."""
    page = "\n## Glossary\n\n| **retry policy, cell** | a meaning | `Beside` |\n"
    glossary = read_glossary(page)
    assert glossary == Glossary(terms=(("retry", "policy"), ("cell",)), classes=("Beside",))
    defined = {name: glossary.defines(name) for name in ("RetryPolicies", "MatrixCell", "CellState", "Policy")}
    assert defined == {"RetryPolicies": True, "MatrixCell": True, "CellState": False, "Policy": False}
