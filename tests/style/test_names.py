"""One name stands for one thing, and rooms do not import each other in a circle."""

from __future__ import annotations

import sys
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping

    from tests.style import house
else:
    sys.path.insert(0, str(Path(__file__).parent))
    house = import_module("house")


# Words for the same part of several seams; a command's module is named for the command, as is what it calls.
INTERFACE_WORDS = {"__init__", "commands", "errors", "interface", "options", "runner", "inputs"}


@pytest.fixture(scope="module")
def checkout(root: Path) -> house.House:
    """Return the checkout around this file."""
    return house.read_house(root)


def test_a_class_name_stands_for_one_class(checkout: house.House) -> None:
    """No two classes of the product share a name."""
    assert house.shared_class_names(checkout) == {}


def test_a_module_name_stands_for_one_module(shipped: Mapping[Path, ast.Module]) -> None:
    """Within a package no two modules share a name, but for the words of its seams and the modules of commands."""
    places = defaultdict(list)
    for path in shipped:
        if path.stem not in INTERFACE_WORDS and "commands" not in path.parts:
            places[path.parts[0], path.stem].append(str(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_files_do_not_import_each_other_in_a_circle(checkout: house.House) -> None:
    """No group of modules reach each other by their imports, those for types alone and those in functions included."""
    assert house.circles(house.imports(checkout)) == []


def test_rooms_do_not_import_each_other_in_a_circle(checkout: house.House) -> None:
    """No rooms of a folder, the modules and folders directly in it, reach each other by their imports."""
    assert house.room_circles(checkout) == {}


def test_a_circle_is_found() -> None:
    """Two circles that share no node are two groups; what only leads to a circle is in none."""
    arrows = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a", "e"}, "e": {"d"}, "f": {"e"}, "g": set[str]()}
    assert house.circles(arrows) == [["a", "b", "c"], ["d", "e"]]
