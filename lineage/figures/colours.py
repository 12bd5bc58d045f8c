"""The colours of models by what their verdicts say, and of edges by how the derivative was made.

Blue is safer and orange riskier, told apart by people who see no red or green; grey is what nothing is known of.
"""

from __future__ import annotations

from typing import Final, TypeAlias

Colour: TypeAlias = tuple[int, int, int]

UNKNOWN: Final[Colour] = (214, 216, 212)
DRIFT_COLOURS: Final[dict[str, Colour]] = {
    "worse": (185, 84, 12),
    "better": (43, 116, 179),
    "contradictory": (107, 63, 160),
    "equivalent": (95, 101, 110),
    "undecided": (143, 150, 158),
    "withheld": (174, 180, 187),
}
RELATION_COLOURS: Final[dict[str, Colour]] = {
    "finetune": (95, 101, 110),
    "adapter": (43, 116, 179),
    "quantized": (174, 180, 187),
    "merge": (107, 63, 160),
}


def hexadecimal(colour: Colour) -> str:
    """Return a colour as `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
