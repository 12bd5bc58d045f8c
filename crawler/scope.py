"""What a crawl is asked for, and how that is written in the database."""

from __future__ import annotations

from dataclasses import dataclass

ALL = "all"
LOADED = "load"


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
    def text(self) -> str:
        """The scope as it is stored and shown: `all`, or the domains and what else was asked for."""
        words = [ALL] if self.is_all else [",".join(sorted(self.domains))]
        flags = (("siblings", self.siblings), ("deep", self.deep), ("sweep", self.sweep))
        return " ".join([*words, *(name for name, is_set in flags if is_set)])

    @property
    def covering(self) -> tuple[str, ...]:
        """The scopes whose finished crawl covers this one, so that only news need be asked for."""
        wider = [
            Scope(domains=self.domains, siblings=siblings, deep=deep, sweep=sweep)
            for siblings in {self.siblings, True}
            for deep in (False, True)
            for sweep in (False, True)
        ]
        whole = [Scope(deep=deep, sweep=sweep) for deep in (False, True) for sweep in (False, True)]
        return tuple(sorted({scope.text for scope in (*wider, *whole)} | {LOADED}))
