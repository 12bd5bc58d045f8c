"""What a hash of many facts consists of: a hash over each kind of them, and the hash over these."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintPart:
    """What one kind of facts contributes: its name, the number of facts, and a hash (64 hexadecimal digits)."""

    name: str
    facts: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The hash of some content, 64 hexadecimal digits, and of each of its parts."""

    hash: str
    parts: tuple[FingerprintPart, ...]

    @classmethod
    def over(cls, form: str, parts: Iterable[FingerprintPart]) -> Fingerprint:
        """Return the SHA-256 over the form's line and a line of name, count and hash for each part."""
        found = tuple(parts)
        lines = (form, *(f"{part.name} {part.facts} {part.hash}" for part in found))
        return cls(hash=sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest(), parts=found)
