"""Counts with their nouns."""


def number_of(many: int, one: str, several: str | None = None) -> str:
    """Return a count with its noun."""
    return f"{many:,} {one if many == 1 else several or one + 's'}"
