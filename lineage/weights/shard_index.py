"""Which shard of a model holds its token embedding, by the list that stands beside the shards. Its bytes are untrusted.

The list is the `model.safetensors.index.json` of transformers: under `weight_map` the file of each tensor.
"""

from __future__ import annotations

import json
import re
from typing import Final

from lineage.weights.tensor_roles import find_role

_NUMBER: Final = re.compile(r"-\d{1,6}-of-\d{1,6}(?=\.safetensors$)")


def index_path(shard: str) -> str | None:
    """Return the path of the list that a shard belongs to; None if the file is no shard."""
    return f"{_NUMBER.sub('', shard)}.index.json" if _NUMBER.search(shard) else None


def find_embedding_shard(content: bytes) -> str | None:
    """Return the name of the file that holds the token embedding, as a list tells it; None if it does not."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return None
    shards = told.get("weight_map") if isinstance(told, dict) else None
    if not isinstance(shards, dict):
        return None
    found = (file for name, file in shards.items() if find_role(name[:500]) == "token_embedding")
    return next((file for file in found if isinstance(file, str)), None)
