"""Coverage as bars: how many models are measured, reported, stale, queued or unscored, overall and per instrument."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from lineage.figures.palette import COVERAGE as COLOURS
from lineage.figures.palette import EDGE, INK, MUTED, WHITE
from lineage.figures.svg import Figure, element, finished, fits, hint, text
from lineage.profile import COVERAGE, UNSCORED
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lineage.profile import Profiles

WIDTH: Final = 1000.0
MARGIN: Final = 14.0
TOP: Final = 60.0
ROW: Final = 24.0
NAMES: Final = 330.0
FIGURES: Final = 110.0
FOOT: Final = 40.0
MOST_INSTRUMENTS: Final = 20
_LETTER: Final = 5.2
_ON_DARK: Final = frozenset({"measured"})


def draw_coverage(profiles: Profiles, *, title: str = "") -> Figure:
    """Return the coverage of the selected models: one bar for all, and one for each of at most 20 instruments.

    In an instrument's bar, `unscored` counts the models without a score or job on it.
    """
    bars = _bars(profiles)
    heading = plain(title) or "Coverage"
    everything = bars[0][1]
    scored = len(profiles) - everything[UNSCORED] - everything["queued"]
    share = f" ({scored / len(profiles):.1%})" if len(profiles) else ""
    summary = f"{scored:,} of {len(profiles):,} models {'has' if scored == 1 else 'have'} a score{share}"
    bottom = TOP + ROW * len(bars)
    body = [
        text(fits(heading, WIDTH - 2 * MARGIN, 15), MARGIN, 24, font_size=15, font_weight="bold"),
        text(summary, MARGIN, 41, fill=MUTED),
        *(part for place, (name, counts) in enumerate(bars) for part in _bar(name, counts, TOP + ROW * place)),
        *_legend(bottom + 18),
    ]
    described = "; ".join(f"{name}: {_in_words(counts)}" for name, counts in bars)
    return finished(body, title=f"{heading}: {summary}", description=described, width=WIDTH, height=bottom + FOOT)


def _bars(profiles: Profiles) -> list[tuple[str, Counter[str]]]:
    """Return the counts of all models, then those of the instruments with the most scores."""
    everything: Counter[str] = Counter(dict.fromkeys(COVERAGE, 0))
    known: dict[str, Counter[str]] = defaultdict(Counter)
    labels = {score.name: score.label for profile in profiles for score in profile.scores}
    for profile in profiles:
        everything[profile.coverage] += 1
        states = {plan.instrument: "queued" for plan in profile.planned if plan.state in {"queued", "leased"}}
        best: dict[str, str] = {name: state for name, state in states.items() if name is not None}
        for score in sorted(profile.scores, key=lambda one: -COVERAGE.index(one.state)):
            best[score.name] = score.state
        for name, state in best.items():
            known[name][state] += 1
    for counts in known.values():
        counts[UNSCORED] = len(profiles) - counts.total()
    ranked = sorted(known.items(), key=lambda one: (one[1][UNSCORED], one[0]))
    told = ((labels.get(name, name), counts) for name, counts in ranked[:MOST_INSTRUMENTS])
    return [("all instruments", everything), *told]


def _bar(name: str, counts: Mapping[str, int], y: float) -> Iterator[str]:
    """Yield a bar with its name and, where it fits, the number in each part."""
    total = sum(counts.values()) or 1
    room = WIDTH - 2 * MARGIN - NAMES - FIGURES
    x = MARGIN + NAMES
    told = text(fits(name, NAMES - 8), MARGIN, y + 15, font_weight="bold" if y == TOP else None)
    yield element("g", hint(name) + told)
    for state in COVERAGE:
        count = counts.get(state, 0)
        if not count:
            continue
        width = room * count / total
        frame = element(
            "rect", x=x, y=y + 3, width=max(width, 1), height=16, fill=COLOURS[state], stroke=EDGE, stroke_width=0.5
        )
        words = f"{count:,} {state}" if width > _LETTER * len(f"{count:,} {state}") + 6 else f"{count:,}"
        fill = WHITE if state in _ON_DARK else INK
        has_room = width > _LETTER * len(words) + 4
        label = text(words, x + width / 2, y + 14.5, text_anchor="middle", font_size=9, fill=fill) if has_room else ""
        yield element("g", hint(f"{count:,} {state}") + frame + label)
        x += width
    scored = total - counts.get(UNSCORED, 0) - counts.get("queued", 0)
    yield text(f"{scored:,} scored", WIDTH - MARGIN, y + 15, text_anchor="end", fill=MUTED)


def _legend(y: float) -> Iterator[str]:
    """Yield the colours with their names, in the order of the bars."""
    x = MARGIN + NAMES
    for state in COVERAGE:
        yield element("rect", x=x, y=y - 5, width=12, height=10, fill=COLOURS[state], stroke=EDGE, stroke_width=0.5)
        yield text(state, x + 16, y + 3.4, fill=MUTED, font_size=9)
        x += 30 + _LETTER * len(state)
    yield text("from left to right, in this order", x + 4, y + 3.4, fill=MUTED, font_size=9)


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[state]:,} {state}" for state in COVERAGE if counts.get(state))
