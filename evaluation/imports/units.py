"""Numbers as people write them, against the unit that the catalogue declares: never guessed, refused with a reason."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lineage.scores.instruments import Instrument, Reported

HUNDRED: Final = 100.0
DIGITS: Final = 12
"""Places after the point: 75.49 of 100 and 0.7549 of 1 are one value, in spite of binary fractions."""
_NUMBER: Final = re.compile(r"([-+]?(?:\d{1,15}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][-+]?\d{1,3})?)\s{0,3}(%?)", re.ASCII)


def in_range(stated: float | str, instrument: Instrument, form: Reported) -> float | str:
    """Return a stated value in the instrument's range, or the reason why it cannot be read.

    The range is `form.low` to `form.high` as stated; a text is read where it is a number, and a percent sign says the
    unit. Where hundredths are declared for whoever reports, a value between 0 and 1 is refused: it may be a share.
    """
    share = _share(stated, form)
    if isinstance(share, str):
        return share
    value = round(instrument.low + share * instrument.span, DIGITS)
    return min(max(value, instrument.low), instrument.high)  # the last digit of a float may step over the edge


def _share(stated: float | str, form: Reported) -> float | str:
    """Return where a value stands between the ends of the declared unit, from 0 to 1; or the reason why nowhere."""
    number, is_percent = (stated, False) if isinstance(stated, float) else _read(stated)
    if math.isnan(number) and isinstance(stated, str):
        return f"{stated!r} is not a number" if stated else "it states no value"
    if not math.isfinite(number):
        return f"{number} is not a finite number"
    least, most = (0.0, HUNDRED) if is_percent else (form.low, form.high)
    if not least <= number <= most or (is_percent and form.low != 0):
        return f"{number:.15g}{'%' if is_percent else ''} is outside {form.low:g}..{form.high:g}"
    if not is_percent and _may_be_a_share(number, form):
        return f"{number:.15g} may be a share of 1, where 0..100 is declared for whoever reports it"
    return (number - least) / (most - least)


def _may_be_a_share(number: float, form: Reported) -> bool:
    return form.publisher is None and (form.low, form.high) == (0, HUNDRED) and 0 < number <= 1


def _read(text: str) -> tuple[float, bool]:
    """Return the number of a text and whether a percent sign follows it; NaN where the text is no number."""
    found = _NUMBER.fullmatch(text)
    return (float(found[1]), found[2] == "%") if found else (math.nan, False)
