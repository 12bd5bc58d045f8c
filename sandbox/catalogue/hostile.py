"""Models whose text attacks whoever prints, exports or queries it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.catalogue.recipes import finetune

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.catalogue.draft import Draft

_MAPLE = "maple-research/maple-1b-instruct"

_TEXTS = {
    "script": "</script><script>alert(document.domain)</script>",
    "event": '"><img src=x onerror=alert(1)>',
    "link": "[click](javascript:alert(1))",
    "sql": "'; drop table models; --",
    "sql_union": "' union select * from raw_records; --",
    "formula_equals": '=HYPERLINK("https://example.org","open")',
    "formula_plus": "+1+cmd|' /C calc'!A0",
    "formula_minus": "-2+3+cmd|' /C calc'!A0",
    "formula_at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "formula_tab": "\t=1+1",
    "ansi": "\x1b[31mred\x1b[0m\x1b]0;owned\x07\x1b[2J",
    "c1_control": "\x9b31mred\x9b0m",
    "bidi": "safe\u202egnp.exe\u2066hidden\u2069",
    "zero_width": "ma\u200bple\ufeff\u00ad",
    "terminal_markup": "[bold red]owned[/] [link=https://example.org]x[/link]",
    "format": "{0.__class__.__mro__} %s %n ${HOME} $(id) `id`",
    "template": "{{ 7 * 7 }} {% raw %} <%= 7 %>",
    "path": "../../../../etc/passwd",
    "graph": '"] --> evil; classDef x"; }\n',
    "lines": "first\r\nsecond\nthird\u2028fourth",
    "comma_quote": 'a,"b""c,\n"d',
    "long": "very " * 4_000 + "long",
    "combining": "z" + "\u0301" * 200,
    "astral": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001d54f",
}
# Ids that the Hub refuses today, in the order of their oddity.
_IDS = {
    "hostile_id_markup": "foxglove-ai/<img src=x onerror=alert(1)>",
    "hostile_id_formula": "foxglove-ai/=1+1",
    "hostile_id_quote": "foxglove-ai/x'; drop table models; --",
    "hostile_id_bidi": "foxglove-ai/na\u202eem",
    "hostile_id_long": "foxglove-ai/" + "l" * 200,
}


def hostile_models(bases: Mapping[str, Draft]) -> list[Draft]:
    """Return one model for every hostile text, in card, tags and body alike, and some with a hostile id or parent."""
    base = bases[_MAPLE]
    texts = [
        finetune(
            f"foxglove-ai/hostile-{slug.replace('_', '-')}",
            base,
            card={
                "base_model": _MAPLE,
                "license": "other",
                "license_name": text,
                "tags": [text],
                "datasets": [text],
                "model_name": text,
            },
            body=f"# {text}\n\n{text}\n",
            oddity=f"hostile_{slug}",
        )
        for slug, text in _TEXTS.items()
    ]
    ids = [finetune(model, base, oddity=oddity) for oddity, model in _IDS.items()]
    bare = finetune("foxglove-unhoused", base, omitted=frozenset({"author"}), oddity="bare_id")
    parent = finetune(
        "foxglove-ai/hostile-parent",
        base,
        card={"base_model": [_TEXTS["sql"], _TEXTS["script"], _TEXTS["ansi"]]},
        body="# Parents unknown\n",
        parents=(),
        evidence=None,
        oddity="hostile_parent",
    )
    return [*texts, *ids, bare, parent]
