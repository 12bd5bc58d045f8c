"""The user's token: found where huggingface_hub finds it, never shown."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NoReturn

from crawler.errors import TokenRefused
from crawler.http.client_errors import translated

_FORM = re.compile(r"[\x21-\x7e]{1,8192}")
_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


class Token:
    """A token and where it came from; only `reveal` returns the value, and nothing shows, copies or stores it."""

    __slots__ = ("_value", "source")

    def __init__(self, value: str, *, source: str) -> None:
        if not _FORM.fullmatch(value):
            raise TokenRefused(source, reason="it is not one word of plain ASCII")
        self._value = value
        self.source = source

    def reveal(self) -> str:
        """Return the value, to be sent to the Hub and nowhere else."""
        return self._value

    def redact(self, text: str) -> str:
        """Return a text without the token: a server may repeat what it was sent, a host name in lower case."""
        return re.sub(re.escape(self._value), "[token]", text, flags=re.IGNORECASE)

    def __repr__(self) -> str:
        return f"Token(source={self.source!r})"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a token is not stored")


def find_token() -> Token | None:
    """Return the token as huggingface_hub finds it, or None if the user is not signed in.

    Looks at `HF_OIDC_RESOURCE` (a short-lived token of a CI run), `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, the token file
    and a Colab secret; `HF_HUB_DISABLE_IMPLICIT_TOKEN` forbids them all. Raises TokenRefused if one is present but
    unusable.
    """
    from huggingface_hub import constants, get_token

    if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN:
        return None
    source = _source(Path(constants.HF_TOKEN_PATH))
    try:
        with translated(what=source):
            value = get_token()
    except (OSError, UnicodeDecodeError) as exc:
        raise TokenRefused(source, reason=f"it cannot be read ({type(exc).__name__})") from exc
    return Token(value, source=source) if value else None


def _source(token_file: Path) -> str:
    if os.environ.get("HF_OIDC_RESOURCE"):
        return "the CI run (HF_OIDC_RESOURCE)"
    for name in _VARIABLES:
        if value := os.environ.get(name):
            return name if value.strip() else "the token file"
    return "the token file" if token_file.exists() else "a Colab secret"
