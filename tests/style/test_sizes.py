"""Files and functions stay small enough to be read in one go, and are named for what they hold."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

FILE_LINES = 500
COMMAND_LINE_LINES = 200
FOLDER_MODULES = 25
FUNCTION_LINES = 40
COMMAND_LINES = 25
NAMES_THAT_SAY_NOTHING = {"base", "common", "helper", "helpers", "misc", "util", "utils"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[Function]:
    """Yield every function and method of a module, nested ones included."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def statements(function: Function) -> list[ast.stmt]:
    """Return a function's statements without its docstring."""
    return function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body


def line_count(function: Function) -> int:
    """Return a function's lines from `def` to its end, without its docstring."""
    docstring_lines = 0
    if len(statements(function)) < len(function.body):
        docstring = function.body[0]
        docstring_lines = (docstring.end_lineno or 0) - docstring.lineno + 1
    return (function.end_lineno or 0) - function.lineno + 1 - docstring_lines


def is_command(function: Function) -> bool:
    """Return whether a function is declared as a command of the command line."""
    names = (
        node.attr for item in function.decorator_list for node in ast.walk(item) if isinstance(node, ast.Attribute)
    )
    return not {"command", "callback"}.isdisjoint(names)


def test_a_file_is_read_in_one_go(root: Path, written: Mapping[Path, ast.Module]) -> None:
    """No Python file passes 500 lines, and cli.py holds the app, its switches and the error boundary in 200."""
    limits = {path: COMMAND_LINE_LINES if path.name == "cli.py" else FILE_LINES for path in written}
    lengths = {path: len((root / path).read_text("utf-8").splitlines()) for path in written}
    assert {path: length for path, length in lengths.items() if length > limits[path]} == {}


def test_a_function_does_one_thing(written: Mapping[Path, ast.Module]) -> None:
    """No function passes 40 lines, its docstring not counted; a command has its own test."""
    lengths = {
        f"{path}:{function.lineno} {function.name}": line_count(function)
        for path, tree in written.items()
        for function in functions(tree)
        if not is_command(function)
    }
    assert {place: length for place, length in lengths.items() if length > FUNCTION_LINES} == {}


def test_a_command_only_calls(shipped: Mapping[Path, ast.Module]) -> None:
    """No body of a command passes 25 lines: it parses, calls, prints and exits."""
    lengths = {
        f"{path}:{function.lineno} {function.name}": (function.end_lineno or 0) - statements(function)[0].lineno + 1
        for path, tree in shipped.items()
        for function in functions(tree)
        if is_command(function) and statements(function)
    }
    assert {place: length for place, length in lengths.items() if length > COMMAND_LINES} == {}


def test_a_folder_can_be_taken_in_at_a_glance(written: Mapping[Path, ast.Module]) -> None:
    """No folder holds more than 25 modules."""
    sizes = Counter(path.parent for path in written if path.name != "__init__.py" and path.parts[0] != "tests")
    assert {folder: count for folder, count in sizes.items() if count > FOLDER_MODULES} == {}


def test_a_module_is_named_for_what_it_holds(written: Mapping[Path, ast.Module]) -> None:
    """No module or folder is called utils, helpers, common or base."""
    assert [path for path in written if NAMES_THAT_SAY_NOTHING.intersection((*path.parent.parts, path.stem))] == []


def test_a_module_says_what_it_is(shipped: Mapping[Path, ast.Module]) -> None:
    """Every shipped module opens with a docstring whose first line is a sentence."""
    first_lines = {path: (ast.get_docstring(tree) or "").partition("\n")[0] for path, tree in shipped.items()}
    assert first_lines
    assert {path: line for path, line in first_lines.items() if not line.endswith((".", ":"))} == {}
