"""A search over all models, and the children of one of them: a page at a time, whatever the size of the database.

A scan of the columns that are asked about takes a fraction of a second on millions of models, so there is no index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.domains.lexicon import LISTED_CONFIDENCE
from store.derive.graph_cache import open_graph
from store.derive.model_names import number_of
from store.queries.known_domains import check_known

if TYPE_CHECKING:
    from lineage.output.result import Result
    from store.database import Database

MOST_WORDS: Final = 8
"""More words of a question are not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelQuery:
    """A question for models: parts of their ids between spaces, and their author, domain and licence; None for any."""

    words: str | None = None
    author: str | None = None
    domain: str | None = None
    license: str | None = None

    def parameters(self) -> dict[str, object]:
        """Return the parameters that the statements share; upper and lower case are the same but for licences."""
        words = sorted((self.words or "").lower().split()[:MOST_WORDS], key=len, reverse=True)
        return {
            "longest": words[0] if words else "",
            "others": words[1:],
            "author": None if self.author is None else self.author.strip().lower(),
            "domain": self.domain,
            "license": self.license,
            "listed": LISTED_CONFIDENCE,
        }


def search_models(database: Database, question: ModelQuery, *, limit: int, offset: int = 0) -> Result:
    """Return the models that a question is about, the most downloaded first; `limit` 0 for all after `offset`.

    Those that are only named as parents are among them, with few facts. `parent` is the surest of `parents`, and
    `derivatives` counts all generations. A domain counts from the confidence on from which an analyst would list a
    model. Raises UnknownDomain.
    """
    check_known(database, question.domain)
    last = offset + limit if limit else None
    return database.run("search/find", **question.parameters(), limit=limit or None, offset=offset, last=last)


def count_models(database: Database, question: ModelQuery) -> int:
    """Return how many models a question is about."""
    return cast("int", database.value("search/count", **question.parameters()))


def list_children(database: Database, model: str, *, limit: int, offset: int = 0) -> tuple[Result, int]:
    """Return the models made from a model directly, the most downloaded first, and their number; `limit` 0 for all.

    `derivatives` counts what was made from each in turn. Raises NoSuchModel, and NotResolved for one that is newer than
    the graph.
    """
    stored = open_graph(database)
    number = number_of(database, stored, model)
    children = stored.graph.children(number)
    order = np.lexsort((children, -stored.downloads[children]))
    page = children[order][offset : offset + limit if limit else None]
    with database.columns("lent_members", nid=page.astype(np.int32)):
        ids = list(stored.index.take(page))
        return database.run("search/children", parent=stored.index.id(number), ids=ids), len(children)
