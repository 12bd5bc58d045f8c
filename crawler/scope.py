"""What a crawl is asked for, and how that is written in the database."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

from lineage.domains.lexicon import DOMAINS

if TYPE_CHECKING:
    from lineage.domains.lexicon import Domain

ALL = "all"
LOADED = "load"
_FLAGS = ("siblings", "deep", "sweep")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The whole Hub (`domains` empty), or the models of some domains with their families.

    `siblings` takes all derivatives of the bases too, `deep` follows up candidates' files, `sweep` walks everything
    again and marks what vanished.
    """

    domains: tuple[str, ...] = ()
    siblings: bool = False
    deep: bool = False
    sweep: bool = False

    @property
    def is_all(self) -> bool:
        """Whether this is a crawl of the whole Hub."""
        return not self.domains

    @property
    def watched(self) -> tuple[Domain, ...]:
        """The domains whose models and ancestors matter: those asked for, on the whole Hub every one."""
        return tuple(domain for domain in DOMAINS if self.is_all or domain in self.domains)

    @property
    def text(self) -> str:
        """The scope as it is stored and shown: `all`, or the domains and what else was asked for."""
        return _text(self.domains, siblings=self.siblings, deep=self.deep, sweep=self.sweep)

    @property
    def covering(self) -> tuple[str, ...]:
        """The scopes whose finished crawl covers this one, so that only news need be asked for.

        A crawl of the whole Hub or a load covers every other, one of more domains or with siblings a lesser one.
        """
        wider = [
            names
            for size in range(len(self.domains), len(DOMAINS) + 1)
            for names in combinations(DOMAINS, size)
            if self.domains and set(self.domains) <= set(names)
        ]
        texts = {
            _text(names, siblings=siblings, deep=deep, sweep=sweep)
            for names in ((), *wider)
            for siblings, deep, sweep in product((False, True), repeat=len(_FLAGS))
            if siblings or not names or not self.siblings
        }
        return tuple(sorted(texts | {LOADED}))


def _text(domains: tuple[str, ...], **flags: bool) -> str:
    words = [",".join(sorted(domains)) or ALL]
    return " ".join([*words, *(name for name in _FLAGS if flags[name])])
