"""Colours of the figures and of every page, and the shapes of models.

Only supported verdicts have colour, and colour is never the only sign: signs, patterns and words say the same in black
and white. Orange is riskier and blue is safer.
"""

from __future__ import annotations

from typing import Final

from lineage.vocabulary import Relation, Verdict

CHROME: Final = {
    "ground": ("#f5f5f2", "#14171b"),
    "panel": ("#ffffff", "#1b1f25"),
    "band": ("#f7f7f5", "#20252b"),
    "line": ("#e2e3df", "#2c323a"),
    "rim": ("#c9ccc8", "#454c54"),
    "ink": ("#1a1d21", "#e8eaed"),
    "muted": ("#596069", "#a6adb7"),
    "faint": ("#686e77", "#949ca7"),
    "accent": ("#6b3fa0", "#b794f0"),
    "chosen": ("#ece4f7", "#33294a"),
    "hover": ("#f3f0f9", "#262131"),
    "warning": ("#8a3a06", "#f0b27a"),
}
"""What is no data, light and dark: backgrounds, lines, texts and links of pages, and the light ones of figures too.

`band` is the background of every second row, which helps to match names and cells, and of code.
"""
INK: Final = CHROME["ink"][0]
MUTED: Final = CHROME["muted"][0]
LINE: Final = CHROME["line"][0]
BAND: Final = CHROME["band"][0]
EDGE: Final = "#8d949c"
NEUTRAL: Final = "#ecece8"
DOT: Final = "#c3c7cc"
QUEUED: Final = "#6b3fa0"
WHITE: Final = "#fff"
RISKIER: Final = ("#f8bd83", "#ec8f45", "#b9540c", "#863604")
SAFER: Final = ("#a8cde9", "#68a5d5", "#2b74b3", "#0d4a83")
"""Shades of a supported change from smallest to largest, here and on the pages in the light theme."""
RISKIER_IN_DARK: Final = ("#6a3d15", "#a15316", "#e98a35", "#ffbb78")
SAFER_IN_DARK: Final = ("#1f4a6e", "#2a6ba0", "#5ca6df", "#a3d2f8")
KINDS: Final = ("#332288", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499")
KINDS_IN_DARK: Final = ("#7f6fe0", "#5fd0bd", "#2f9a55", "#b5b54a", "#f0e3a0", "#e88a9a", "#c0407f", "#d58ad0")
"""Kinds without an order, on the pages: Paul Tol's "muted" without its cyan, which would look like safer."""
RAMP: Final = ("#d6e9e2", "#a3cfc1", "#66ae9a", "#2f8573", "#0d5547")
RAMP_IN_DARK: Final = ("#20423a", "#2d6557", "#3f8d7a", "#63b9a4", "#a9e3d3")
"""Steps with an order, on the pages, from least to most."""
UNKNOWN: Final = "#d6d8d4"
CONTRADICTORY: Final = "#6b3fa0"
DRIFT_COLOURS: Final = {
    "worse": RISKIER[2],
    "better": SAFER[2],
    "contradictory": CONTRADICTORY,
    "equivalent": "#5f656e",
    "undecided": "#8f969e",
    "withheld": "#aeb4bb",
}
"""The colours of models in exports, by verdict."""
RELATION_COLOURS: Final = {"finetune": "#5f656e", "adapter": "#2b74b3", "quantized": "#aeb4bb", "merge": "#6b3fa0"}
"""The colours of edges in exports, by relation."""
STEPS: Final = (5.0, 10.0, 20.0)
"""Points at which a supported change gets the next shade: for comparing sizes, not a judgement."""
DARK_STEP: Final = 2
"""White text is used from this shade on."""
FRAME: Final = 2
"""The shade that outlines a change of capability; only changes of safety are filled."""
COVERAGE: Final = {
    "measured": "#2f6f5e",
    "reported": "#86b8a8",
    "contradictory": "#c98a58",
    "stale": "#c9b458",
    "queued": "#b9a2dc",
    "unscored": NEUTRAL,
}


def step(points: float) -> int:
    """Return the index of the shade for a change in points, whatever its sign."""
    return sum(abs(points) >= bound for bound in STEPS)


def scale(verdict: Verdict) -> tuple[str, ...] | None:
    """Return the shades of a supported verdict, or None for any other."""
    return {Verdict.WORSE: RISKIER, Verdict.BETTER: SAFER}.get(verdict)


def shape(relation: Relation | None, x: float, y: float, radius: float) -> str:
    """Return the path of a model's mark: circle finetune or root, diamond adapter, square quantized, triangle merge."""
    match relation:
        case Relation.ADAPTER:
            reach = radius * 1.3
            return (
                f"M{x:.1f} {y - reach:.1f}l{reach:.1f} {reach:.1f}l{-reach:.1f} {reach:.1f}l{-reach:.1f} {-reach:.1f}z"
            )
        case Relation.QUANTIZED:
            side = radius * 1.8
            return f"M{x - side / 2:.1f} {y - side / 2:.1f}h{side:.1f}v{side:.1f}h{-side:.1f}z"
        case Relation.MERGE:
            side = radius * 2.4
            return f"M{x:.1f} {y - radius * 1.2:.1f}l{side / 2:.1f} {radius * 2.1:.1f}h{-side:.1f}z"
        case _:
            arc = f"a{radius:.1f} {radius:.1f} 0 1 1"
            return f"M{x - radius:.1f} {y:.1f}{arc} {2 * radius:.1f} 0{arc} {-2 * radius:.1f} 0z"
