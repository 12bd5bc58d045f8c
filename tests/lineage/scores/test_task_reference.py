"""The forms of definitions, and what a file of instruments says of one that Inspect runs."""

from __future__ import annotations

import pytest

from lineage.scores.instrument_file import InstrumentFault, read_instruments
from lineage.scores.task_reference import engine_of, inspect_task

DECLARED = """
[[instruments]]
name = "clinic"
construct = "refusal"
direction = "higher_is_safer"
range = [0, 1]
definition = "own.py@Clinic"
"""


@pytest.mark.parametrize(
    ("definition", "named"),
    [
        ("own.py@clinic", ("own.py", "clinic")),
        ("/a b/@x/own.py@task_2", ("/a b/@x/own.py", "task_2")),
        ("a.py@b.py@c", ("a.py@b.py", "c")),
        ("own.py", None),
        ("own.py@", None),
        ("own.py@2nd", None),
        ("own.yaml@clinic", None),
        ("truthfulqa_mc1", None),
        ("", None),
    ],
)
def test_a_file_and_its_task_are_inspects(definition: str, named: tuple[str, str] | None) -> None:
    """Only Python's files with the name of a task; everything else leaves the engine open."""
    assert inspect_task(definition) == named
    assert engine_of(definition) == (None if named is None else "inspect")


def test_a_task_of_inspect_needs_the_scorer_that_counts() -> None:
    """A log may have several: the file says which, or is at fault, since no run of it could be read."""
    (instrument,) = read_instruments(DECLARED + 'tasks = ["inspect:clinic/includes"]\n', "own.toml")
    assert instrument.definition == "own.py@Clinic"
    for tasks in ("", 'tasks = ["inspect:other/includes", "lm-eval:clinic/acc"]\n'):
        with pytest.raises(InstrumentFault, match="inspect:Clinic/SCORER") as caught:
            read_instruments(DECLARED + tasks, "own.toml")
        assert caught.value.place == "clinic.tasks"
