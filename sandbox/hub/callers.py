"""The callers: the sandbox's fixed tokens, which are no secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.hub.rate_limit import AccountPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A caller: anonymous, or the bearer of a known token. The owner sees everything private or gated."""

    name: str
    plan: AccountPlan
    is_owner: bool = False

    @property
    def is_signed_in(self) -> bool:
        """Whether a token came with the request."""
        return self.plan != "anonymous"


ANONYMOUS = Caller(name="anonymous", plan="anonymous")
BEARERS = {
    "hf_sandbox_free": Caller(name="sandbox-free", plan="free"),
    "hf_sandbox_pro": Caller(name="sandbox-pro", plan="pro"),
    "hf_sandbox_owner": Caller(name="sandbox-owner", plan="free", is_owner=True),
}


def identify(authorization: str | None) -> Caller | None:
    """Return the caller behind an Authorization header, or None for an unknown token."""
    if authorization is None:
        return ANONYMOUS
    scheme, _, token = authorization.partition(" ")
    return BEARERS.get(token.strip()) if scheme.lower() == "bearer" else None
