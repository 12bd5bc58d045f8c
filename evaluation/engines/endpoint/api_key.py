"""The key of a server of models: read from an environment variable, never shown."""

from __future__ import annotations

import os
import re
from typing import Final, NoReturn

from evaluation.engines.endpoint.errors import KeyRefused

_FORM: Final = re.compile(r"[\x21-\x7e]{1,8192}")
_SHORTEST_HIDDEN: Final = 4
_HIDDEN: Final = "[key]"


class ApiKey:
    """A key and the variable it came from; only `reveal` gives the value, and nothing shows, copies or stores it."""

    __slots__ = ("_value", "variable")

    def __init__(self, value: str, *, variable: str) -> None:
        if not _FORM.fullmatch(value):
            raise KeyRefused(variable, "it is not one word of plain ASCII")
        self._value = value
        self.variable = variable

    def reveal(self) -> str:
        """Return the value, for the Authorization header, or the process that sends it, and nothing else."""
        return self._value

    def redacted(self, text: str) -> str:
        """Return a text without the key, should a server echo it."""
        return text.replace(self._value, _HIDDEN) if len(self._value) >= _SHORTEST_HIDDEN else text

    def __repr__(self) -> str:
        return f"Key(variable={self.variable!r})"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a key is not stored")


def find_key(variable: str | None) -> ApiKey | None:
    """Return the key that an environment variable holds, or None where no variable is named.

    Raises KeyRefused where the variable is not set or holds no key.
    """
    if not variable:
        return None
    value = os.environ.get(variable, "")
    if not value:
        raise KeyRefused(variable, "the variable is not set")
    return ApiKey(value, variable=variable)
