"""What can go wrong between us and the Hub, as errors that carry data.

    HubError(LineageError)       the Hub could not be asked, or did not respond as it should
    ├── EndpointInvalid          the endpoint is not an http(s) address                        (exit code 2)
    ├── Unreachable              no connection: name not found, refused, TLS, network gone
    ├── NotTheHub                something responds there, but not with the Hub's API
    ├── TokenRefused             the token is malformed, wrong or expired
    ├── AccessDenied             401 or 403 for one thing
    ├── NoLeaderboard            a data set has no leaderboard, or does not exist                (exit code 1)
    ├── WeightsNotRead           a model's weights are missing, of a kind that is not read, or not for us
    ├── BadRequest               400: the Hub does not understand the request
    ├── QuotaExhausted           the window's requests are spent and waiting was not allowed
    ├── Overloaded               408, 504 or time-outs at the last attempt; a smaller request may pass
    ├── BrokenBody               the response broke off, or its JSON has no end, at the last attempt
    ├── BodyTooLarge             the response is longer than allowed
    ├── GaveUp                   any other status that no attempt got past
    ├── Stopped                  the caller asked to stop while we waited
    └── LibraryFailed            huggingface_hub failed otherwise (see crawler.http.client_errors)

Text from the Hub enters a message only through `quoted`. No message holds a token, header or URL query: an endpoint is
shown as scheme, host and port, and a path without its query.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from lineage.errors import LineageError

QUOTED_CHARACTERS = 300

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|[@-Z\\-_])")
_HIDDEN_ELEMENTS = re.compile(
    r"<(script|style|head)\b[^>]{0,1000}>.{0,20000}?</\1\s*>|<!--.{0,20000}?-->", re.IGNORECASE | re.DOTALL
)
_TAGS = re.compile(r"</?[a-zA-Z!][^<>]{0,1000}>")


def quoted(text: str, *, characters: int = QUOTED_CHARACTERS) -> str:
    """Return hostile text as one harmless line: no markup, escapes, control or invisible characters."""
    start = text[:65536]
    if start.lstrip().startswith("<"):
        start = _TAGS.sub(" ", _HIDDEN_ELEMENTS.sub(" ", start))
    start = _ESCAPES.sub(" ", start)
    shown = "".join(" " if unicodedata.category(one) in {"Cc", "Zl", "Zp", "Zs"} else one for one in start)
    shown = "".join(one for one in shown if unicodedata.category(one) not in {"Cf", "Cs", "Co", "Cn"})
    line = " ".join(shown.split())
    return line if len(line) <= characters else line[: characters - 1] + "…"


def place(endpoint: str) -> str:
    """Return scheme, host and port of an endpoint, without user, path or query, so that it can be shown."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return quoted(endpoint.partition("?")[0].rpartition("@")[2], characters=80)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return quoted(f"{parts.scheme}://{host}" + (f":{port}" if port else ""), characters=200)


class HubError(LineageError):
    """The Hub could not be asked."""


class EndpointInvalid(HubError):
    """The endpoint is not an http(s) address."""

    exit_code = 2
    hint = "Give --endpoint (or HF_ENDPOINT) as https://HOST, without a query."

    def __init__(self, endpoint: str) -> None:
        self.endpoint = place(endpoint)
        super().__init__(f"not an http(s) address: {self.endpoint}")


class Unreachable(HubError):
    """No connection to the endpoint could be made, or it was lost each time."""

    hint = "Check the network, a proxy and the address (--endpoint, HF_ENDPOINT); what was crawled is kept."

    def __init__(self, endpoint: str, *, reason: str = "", attempts: int = 1) -> None:
        self.endpoint, self.reason, self.attempts = place(endpoint), quoted(reason), attempts
        super().__init__(f"cannot reach {self.endpoint} ({_tries(attempts)})" + _because(self.reason))


class NotTheHub(HubError):
    """Something responds at the endpoint, but not with the Hub's API."""

    hint = (
        "Check --endpoint (or HF_ENDPOINT): it must lead to a server with the Hub's API, not to a login page or proxy."
    )

    def __init__(self, endpoint: str, *, reason: str = "", status: int | None = None) -> None:
        self.endpoint, self.reason, self.status = place(endpoint), quoted(reason), status
        super().__init__(f"{self.endpoint} does not respond like the Hub" + _because(self.reason))


class TokenRefused(HubError):
    """The token is malformed, wrong or expired.

    `source` says where the token came from (an environment variable, a file, an option), never what it is.
    """

    def __init__(self, source: str, *, endpoint: str | None = None, reason: str = "") -> None:
        self.source, self.endpoint, self.reason = source, place(endpoint) if endpoint else None, quoted(reason)
        self.hint = f"The token came from {source}: renew or remove it there (`hf auth login` writes a new token file)."
        where = f" by {self.endpoint}" if self.endpoint else ""
        super().__init__(f"the token from {source} was refused{where}" + _because(self.reason))


class AccessDenied(HubError):
    """The Hub refuses to show something to us."""

    hint = "Request access on the model's page, or use the token of an account that has it."

    def __init__(self, path: str, *, status: int, reason: str = "") -> None:
        self.path, self.status, self.reason = _shown_path(path), status, quoted(reason)
        super().__init__(f"no access to {self.path} ({status})" + _because(self.reason))


class NoLeaderboard(HubError):
    """A data set has no leaderboard, or does not exist; the Hub does not always distinguish the two."""

    exit_code = 1
    hint = "Benchmarks are the data sets that the Hub lists under benchmark:official; --all fetches each of them."

    def __init__(self, dataset: str, *, reason: str = "") -> None:
        self.dataset, self.reason = _shown_path(dataset), quoted(reason)
        super().__init__(f"the data set {self.dataset} has no leaderboard" + _because(self.reason))


class WeightsNotRead(HubError):
    """The weights of a model are missing, of a kind that is not read, or not for us."""

    hint = "Only safetensors are read; a gated model takes a token of an account that has access."

    def __init__(self, model: str, *, reason: str) -> None:
        self.model, self.reason = _shown_path(model), quoted(reason)
        super().__init__(f"the weights of {self.model} cannot be read" + _because(self.reason))


class BadRequest(HubError):
    """The Hub does not understand the request."""

    hint = "The Hub's API may have changed, or it does not accept the form of a filter."

    def __init__(self, path: str, *, status: int = 400, reason: str = "") -> None:
        self.path, self.status, self.reason = _shown_path(path), status, quoted(reason)
        super().__init__(f"the Hub refuses the request {self.path} ({status})" + _because(self.reason))


class QuotaExhausted(HubError):
    """The requests of this window are spent, and waiting was not allowed.

    `wait_seconds` is the time until the window resets.
    """

    hint = "Wait, or use a token: signed-in accounts have a larger quota."

    def __init__(self, bucket: str, *, wait_seconds: float) -> None:
        self.bucket, self.wait_seconds = quoted(bucket, characters=40), wait_seconds
        super().__init__(f"the quota of {self.bucket} requests is spent for another {wait_seconds:.0f} s")


class Overloaded(HubError):
    """The Hub ran out of time at the last attempt.

    `status` is None if we, not the Hub, stopped waiting.
    """

    hint = "The Hub is busy; what was crawled is kept: run the same command again later."

    def __init__(self, endpoint: str, *, status: int | None, attempts: int) -> None:
        self.endpoint, self.status, self.attempts = place(endpoint), status, attempts
        super().__init__(f"{self.endpoint} ran out of time ({_tries(attempts)}, {status or 'no answer in time'})")


class BrokenBody(HubError):
    """A response broke off, or cannot be what it claims to be."""

    hint = "What was crawled is kept: run the same command again. A proxy on the way may cut long responses."

    def __init__(self, path: str, *, reason: str = "", attempts: int = 1) -> None:
        self.path, self.reason, self.attempts = _shown_path(path), quoted(reason), attempts
        super().__init__(f"the response to {self.path} is broken ({_tries(attempts)})" + _because(self.reason))


class BodyTooLarge(HubError):
    """A response is longer than allowed."""

    hint = "Nothing of it was kept; a smaller page may succeed."

    def __init__(self, path: str, *, limit_bytes: int) -> None:
        self.path, self.limit_bytes = _shown_path(path), limit_bytes
        super().__init__(f"the response to {self.path} is longer than {limit_bytes} bytes")


class GaveUp(HubError):
    """No attempt got past one status."""

    hint = "The Hub has problems; what was crawled is kept: run the same command again later."

    def __init__(self, path: str, *, status: int, attempts: int, reason: str = "") -> None:
        self.path, self.status, self.attempts, self.reason = _shown_path(path), status, attempts, quoted(reason)
        super().__init__(f"gave up on {self.path}: {status} ({_tries(attempts)})" + _because(self.reason))


class Stopped(HubError):
    """Stopped while waiting, as asked."""

    hint = "Run the same command again to go on."


class LibraryFailed(HubError):
    """huggingface_hub failed; `kind` is the name of its error."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"huggingface_hub failed with {kind}")


def _tries(attempts: int) -> str:
    return "1 attempt" if attempts == 1 else f"{attempts} attempts"


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _shown_path(path: str) -> str:
    return quoted(path.partition("?")[0], characters=160)
