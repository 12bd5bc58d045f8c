"""What a crawl covers, and how that is written in the database."""

from __future__ import annotations

from dataclasses import dataclass

ALL = "all"
LOADED = "load"
NAMED = "models"
"""The scope of a crawl of single models, which covers no other."""
WEIGHTS = "weights"
"""The scope of a crawl that reads weights, which covers no other."""
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
    def text(self) -> str:
        """The scope as it is stored and shown: `all`, or the domains and what else was asked for."""
        return _text(self.domains, siblings=self.siblings, deep=self.deep, sweep=self.sweep)

    def is_covered_by(self, text: str) -> bool:
        """Return whether a finished crawl of the scope of this text covers this one, so that only news is asked for.

        A crawl of the whole Hub or a load covers every other, one of more domains or with siblings a lesser one.
        """
        if text == LOADED:
            return True
        names, *flags = text.split(" ")
        if names == ALL:
            return True
        is_wider = not self.is_all and set(self.domains) <= set(names.split(","))
        return is_wider and ("siblings" in flags or not self.siblings)


def _text(domains: tuple[str, ...], **flags: bool) -> str:
    words = [",".join(sorted(domains)) or ALL]
    return " ".join([*words, *(name for name in _FLAGS if flags[name])])
