"""Colour verdicts, relations and states in text that is about to be written to a terminal.

Only words that the layout puts in known places are coloured; apart from the colour codes, no character is added or
removed.
"""

from __future__ import annotations

import re
from typing import Final

RED: Final = "\x1b[31m"
GREEN: Final = "\x1b[32m"
YELLOW: Final = "\x1b[33m"
CYAN: Final = "\x1b[36m"
DIM: Final = "\x1b[2m"
PLAIN: Final = "\x1b[0m"
COLOURS: Final = {
    "WORSE": RED,
    "BETTER": GREEN,
    "UNDECIDED": DIM,
    "WITHHELD": DIM,
    "FAIL": RED,
    "PASS": GREEN,
    "WARNING": YELLOW,
    "SKIPPED": DIM,
    "ok": GREEN,
    "note": YELLOW,
    "problem": RED,
}
RELATIONS: Final = "finetune|adapter|quantized|quantization|merge"
_VERDICT: Final = re.compile(r"(?m)(?:^|(?<=  ))(WORSE|BETTER|UNDECIDED|WITHHELD)(?=: )")
_OUTCOME: Final = re.compile(r"(?m)(?:^|(?<=, ))(FAIL|PASS|WARNING|SKIPPED)(?= \(\d)")
_STATE: Final = re.compile(r"(?m)(?<=  )(ok|note|problem)(?=  |$)")
_RELATION: Final = re.compile(rf"(?m)(?:(?<=├─ )|(?<=└─ )|(?<=\|- )|(?<=`- )|(?<=  ))({RELATIONS})(?=\?? |\??$)")


def paint_verdicts(text: str) -> str:
    """Return the output of `drift` with its verdicts in colour."""
    return _VERDICT.sub(_painted, text)


def paint_outcomes(text: str) -> str:
    """Return the output of `check` with the outcome of each rule in colour."""
    return _OUTCOME.sub(_painted, text)


def paint_states(text: str) -> str:
    """Return the output of `doctor` with its states in colour."""
    return _STATE.sub(_painted, text)


def paint_relations(text: str) -> str:
    """Return a tree, or a table with a column of relations, with the relations in colour."""
    return _RELATION.sub(lambda found: f"{CYAN}{found[1]}{PLAIN}", text)


def _painted(found: re.Match[str]) -> str:
    return found[0].replace(found[1], f"{COLOURS[found[1]]}{found[1]}{PLAIN}")
