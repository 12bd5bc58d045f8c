"""Models as the product reads them: served by a sandbox Hub on this machine, and read by ranges through HTTP."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from crawler.http.hub_client import HubClient
from crawler.hub.repository import Absent
from crawler.weights import read_weights
from sandbox.hub.rate_limit import QuotaRules
from sandbox.hub.repo import File, Repo
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lineage.weights.weight_rows import WeightRows

GENEROUS = QuotaRules(
    plans={plan: dict.fromkeys(("api", "resolvers", "pages"), 10**7) for plan in ("anonymous", "free", "pro")}
)


def read_models(models: Mapping[str, Any], *, in_half: bool = False) -> dict[str, WeightRows]:
    """Return what is read of each model; torch models by their name on the Hub, stored in 32 or 16 bits."""
    from safetensors.torch import save

    repos = []
    for number, (name, model) in enumerate(models.items()):
        weights = model.state_dict().items()
        state = {key: (weight.half() if in_half else weight).contiguous() for key, weight in weights}
        repos.append(_repo(name, number, save(state, {"format": "pt"})))
    found = {}
    with serve(RepoStore(tuple(repos)), quota=GENEROUS) as served, HubClient(served.url) as client:
        for name in models:
            read = read_weights(client, name)
            if isinstance(read, Absent):
                raise TypeError(f"{name}: {read.reason}")
            found[name] = read
    return found


def _repo(name: str, number: int, content: bytes) -> Repo:
    file = File(
        path="model.safetensors",
        size_bytes=len(content),
        oid=f"{number:040x}",
        content=content,
        lfs_oid=hashlib.sha256(content).hexdigest(),
    )
    record: dict[str, object] = {
        "_id": f"{0x65000000 + number:08x}{number:016x}",
        "id": name,
        "createdAt": "2026-05-01T00:00:00.000Z",
        "lastModified": "2026-06-01T00:00:00.000Z",
        "sha": f"{number:040x}",
        "gated": False,
        "downloads": 0,
        "likes": 0,
        "tags": [],
    }
    return Repo(record=record, files=(file,), access="public", former_ids=())
