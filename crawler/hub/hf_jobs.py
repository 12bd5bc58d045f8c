"""Hugging Face Jobs: what is to run there, and the call that starts it.

Written against the signature of huggingface_hub 2.4 (`HfApi.run_job`); never executed against the Hub.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crawler.http.client_errors import translated
from crawler.http.token import find_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.http.token import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteJob:
    """One job. `secrets` holds only names: their values are looked up at the call.

    `bucket` is mounted writable at `mount_path`; `timeout_seconds` is its longest run time; `namespace` is None for the
    user's own.
    """

    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    flavor: str
    timeout_seconds: int
    bucket: str
    mount_path: str
    labels: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ("HF_TOKEN",)
    namespace: str | None = None

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `run_job`, without the secrets."""
        from huggingface_hub import Volume

        return {
            "image": self.image,
            "command": list(self.command),
            "env": dict(self.environment),
            "flavor": self.flavor,
            "timeout": self.timeout_seconds,
            "labels": dict(self.labels),
            "volumes": [Volume(type="bucket", source=self.bucket, mount_path=self.mount_path)],
            "namespace": self.namespace,
        }


def submit(job: RemoteJob) -> str:
    """Start a job with the user's token, which it also receives as its secret, and return its id; raises HubError."""
    from huggingface_hub import HfApi

    token = find_token()
    value = None if token is None else token.reveal()
    with translated(what="Hugging Face Jobs"):
        started = HfApi(token=value).run_job(**job.arguments(), secrets=_values(job, token))
    return str(started.id)


def _values(job: RemoteJob, token: Token | None) -> dict[str, str]:
    """Return the secrets with their values, none if the user is not signed in."""
    return {} if token is None else dict.fromkeys(job.secrets, token.reveal())
