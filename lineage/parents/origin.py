"""Where a model without a known parent comes from, in words: what is likely, what was looked at, what would settle it.

A root is not always a base: most models on the Hub declare no parent. What is said of a root is said here, so that
every command, page and report says the same.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What is known about where a model without an edge to a parent comes from.

    `likely_parent` was inferred with `confidence`, 0 to 1, which is too little for an edge; both are None if nothing
    was. `is_seen` is False for a model that others name but no crawl saw. `is_declaring`: it declares something, which
    leads to no other model; `is_rejected`: what it declares was rejected by a person; `is_read`: files of it were read.
    `pretrained` is where its maker says that it pre-trained the model on its own, by the vendor facts, or None.
    `contradicted` are the parents that its weights contradict, and `relatives` then the models that have one origin
    with it by weights and no edge to it, the most alike first.
    """

    model: str
    likely_parent: str | None = None
    confidence: float | None = None
    is_seen: bool = True
    is_declaring: bool = False
    is_rejected: bool = False
    is_read: bool = False
    pretrained: str | None = None
    contradicted: tuple[str, ...] = ()
    relatives: tuple[str, ...] = ()

    @property
    def is_likely_derivative(self) -> bool:
        """Whether it was probably made from another model, although it declares none."""
        return self.likely_parent is not None

    @property
    def words(self) -> str:
        """What is known, in a few words."""
        if self.contradicted:
            return f"weights contradict {' and '.join(self.contradicted)}; {self._instead}"
        if self.likely_parent is not None:
            return f"undeclared; {self._likely}"
        return self._silence

    @property
    def _silence(self) -> str:
        """What is known of a model of which nothing suggests a parent."""
        if self.pretrained is not None:
            return f"pre-trained by its maker; curated: {self.pretrained}"
        if not self.is_seen:
            return "never seen here, so nothing is known of its parents"
        if self.is_rejected:
            return "a person rejected the parent it declares; none inferred"
        if self.is_declaring:
            return "what it declares names no other model; none inferred"
        return "declares no parent; none inferred"

    @property
    def _instead(self) -> str:
        """What is known beside the parents that weights contradict."""
        if self.likely_parent is not None:
            return self._likely
        if self.relatives:
            return f"one origin with {', '.join(self.relatives)}; parent open"
        return "parent open"

    @property
    def _likely(self) -> str:
        return f"likely made from {self.likely_parent}, {self.confidence or 0.0:.2f}"

    def with_derivatives(self, derivatives: int) -> str:
        """Return the words, after how many models of all generations were made from it if it counts as a base."""
        if self.is_likely_derivative or not derivatives:
            return self.words
        return f"root; {derivatives:,} {'derivative' if derivatives == 1 else 'derivatives'} ({self.words})"

    @property
    def remedy(self) -> str:
        """What would settle it; empty for a model that was never seen or needs nothing more."""
        if not self.is_seen or self.pretrained is not None:
            return ""
        if self.contradicted:
            return "its maker, or you if you know better than its weights (`lineage edge add`)"
        if self.is_read:
            return "its files name none; weights equal to another model's would settle it, or you (`lineage edge add`)"
        return "its card, configuration and weights would settle it (`lineage crawl --deep`)"
