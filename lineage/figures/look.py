"""The look that all pages share: colours, type and spacing as CSS variables, light and dark.

The explorer, the pages of the server, reports and the documentation take their style sheet from here and define no
colour that two of them use.
"""

from __future__ import annotations

from typing import Final

from lineage.figures.palette import (
    CHROME,
    KINDS,
    KINDS_IN_DARK,
    RAMP,
    RAMP_IN_DARK,
    RISKIER,
    RISKIER_IN_DARK,
    SAFER,
    SAFER_IN_DARK,
)

TYPE: Final = {
    "font": 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif',
    "mono": 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
    "small": "12px",
    "text": "14px",
    "reading": "15px",
    "title": "19px",
    "gap": "8px",
    "corner": "6px",
}
"""Fonts, sizes of type (`text` for pages of rows, `reading` for prose), the unit of spacing, and rounded corners."""
_SCALES: Final = {
    "worse": (RISKIER, RISKIER_IN_DARK),
    "better": (SAFER, SAFER_IN_DARK),
    "kind": (KINDS, KINDS_IN_DARK),
    "ramp": (RAMP, RAMP_IN_DARK),
}


def shared_style() -> str:
    """Return the variables as CSS rules, for the theme of the system or the attribute `data-theme` of the root.

    `--ground` to `--warning` are the chrome, `--worse1` to `--better4` shades of verdicts, `--kind1` to `--kind8`
    kinds, and `--ramp1` to `--ramp5` steps.
    """
    fixed = " ".join(f"--{name}: {value};" for name, value in TYPE.items())
    light, dark = (f"color-scheme: {theme}; {_colours(place)}" for place, theme in enumerate(("light", "dark")))
    return (
        f":root {{ {fixed} {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme]) {{ {dark} }} }}\n"
        f'[data-theme="dark"] {{ {dark} }}\n'
    )


def _colours(theme: int) -> str:
    """Return the colours of a theme as CSS declarations; 0 is light, 1 is dark."""
    chrome = [(name, colours[theme]) for name, colours in CHROME.items()]
    scales = [
        (f"{name}{place}", colour)
        for name, themes in _SCALES.items()
        for place, colour in enumerate(themes[theme], start=1)
    ]
    return " ".join(f"--{name}: {colour};" for name, colour in (*chrome, *scales))
