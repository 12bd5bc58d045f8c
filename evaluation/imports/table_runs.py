"""What the rows of a table say of the run they belong to: the model, the instrument and all that makes its identity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from evaluation.imports.cells import CellFault, number_of, prompt_of, text_of
from lineage.scores.instruments import Scale
from lineage.scores.score import DIGITS, Identity, digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluation.imports.interface import ImportSettings
    from lineage.scores.instruments import Instrument

RUN_COLUMNS: Final = (
    "model",
    "instrument",
    "run",
    "revision",
    "scorer",
    "judge",
    "judge_prompt",
    "judge_prompt_hash",
    "template",
    "decoding",
    "softmax_dtype",
    "source",
)
DEFAULT_SOURCE: Final = "table"
_HASH: Final = re.compile(rf"[0-9a-f]{{{DIGITS}}}")
DECLARE: Final = "declare it in a file for --instruments FILE.toml; `lineage instruments` lists those that are known"
PER_CENT: Final = (
    "if it is in per cent, divide by 100 first; an instrument of your own can be declared with range = [0, 100] in a "
    "file for --instruments"
)


class RunFault(CellFault):
    """A row does not fit its instrument; `hint` is the way out."""

    def __init__(self, problem: str, hint: str) -> None:
        """Say what is wrong and what to do."""
        super().__init__(problem)
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRun:
    """One run: what was measured of which model, without the items. `identity` lacks their hash still."""

    model: str
    revision: str | None
    instrument: Instrument
    identity: Identity
    name: str | None

    def value(self, cell: object) -> float:
        """Return a cell as a value in the instrument's range. Raises CellFault."""
        number = number_of(cell, "value")
        if number is None:
            raise CellFault("value is empty")
        if not self.instrument.holds(number):
            raise RunFault(f"{number:g} is outside {_span(self.instrument)} of {self.instrument.name}", PER_CENT)
        return number

    def item_value(self, cell: object) -> float:
        """Return a cell as the value of one item, which of a rate is its lowest or its highest. Raises CellFault."""
        number = self.value(cell)
        if self.instrument.scale is Scale.RATE and number not in {self.instrument.low, self.instrument.high}:
            bounds = f"{self.instrument.low:g} nor {self.instrument.high:g}"
            raise RunFault(
                f"{number:g} is neither {bounds}: {self.instrument.name} counts items",
                'declare the instrument with scale = "graded" in a file for --instruments',
            )
        return number


def read_run(cells: Mapping[str, object], wanted: ImportSettings) -> tuple[TableRun, str]:
    """Return the run that a row belongs to, and the source of it. Raises CellFault.

    What the user says of the model and its revision counts more than what the row says.
    """
    model = wanted.model or text_of(cells.get("model"), "model")
    name = text_of(cells.get("instrument"), "instrument")
    if model is None or name is None:
        raise CellFault(f"{'model' if model is None else 'instrument'} is empty")
    instrument = wanted.catalogue.find(name)
    if instrument is None:
        raise RunFault(f"instrument {name!r} is not in the catalogue", DECLARE)
    texts = {column: text_of(cells.get(column), column) for column in RUN_COLUMNS if column != "judge_prompt"}
    identity = Identity(
        name=instrument.name,
        scorer=texts["scorer"],
        judge=texts["judge"],
        judge_prompt_hash=_prompt_hash(cells),
        template=texts["template"],
        decoding=texts["decoding"],
        softmax_dtype=texts["softmax_dtype"],
    )
    revision = wanted.revision or texts["revision"]
    run = TableRun(model=model, revision=revision, instrument=instrument, identity=identity, name=texts["run"])
    return run, texts["source"] or DEFAULT_SOURCE


def _prompt_hash(cells: Mapping[str, object]) -> str | None:
    """Return the hash of what a judge was asked, of the text or as it is told, or None for neither.

    Raises CellFault.
    """
    prompt = prompt_of(cells.get("judge_prompt"), "judge_prompt")
    told = text_of(cells.get("judge_prompt_hash"), "judge_prompt_hash")
    found = None if prompt is None else digest(prompt)
    if told is not None and not _HASH.fullmatch(told):
        raise CellFault(f"judge_prompt_hash {told!r} is not {DIGITS} digits of 0-9 and a-f, as lineage writes it")
    if found is not None and told is not None and found != told:
        raise CellFault("judge_prompt_hash is not the hash of judge_prompt")
    return found or told


def _span(instrument: Instrument) -> str:
    return f"{instrument.low:g}..{instrument.high:g}"
