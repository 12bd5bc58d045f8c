"""The domains by which models were judged last, as the database keeps them: what commands that read ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lineage.domains.lexicon import Domain, check_domains

if TYPE_CHECKING:
    from store.database import Database


def known_domains(database: Database) -> tuple[Domain, ...]:
    """Return the domains by which models were judged last, in order; where none were yet, those that ship."""
    rows = cast("list[tuple[str, str, str, float]]", database.run("domains/list_lexicon_domains").rows)
    if not rows:
        return shipped_domains()
    return tuple(Domain(name=name, title=title, colour=colour, risk=risk) for name, title, colour, risk in rows)


def shipped_domains() -> tuple[Domain, ...]:
    """Return the domains that ship, in order."""
    from lineage.domains.lexicon_file import default_lexicon  # YAML takes longer to read than most commands to answer

    return default_lexicon().domains


def known_names(database: Database) -> tuple[str, ...]:
    """Return the names of the domains, in order."""
    return tuple(domain.name for domain in known_domains(database))


def check_known(database: Database, *names: str | None) -> None:
    """Raise UnknownDomain for a name of a domain that no lexicon of the database defines; None names none."""
    check_domains((name for name in names if name is not None), known_names(database))
