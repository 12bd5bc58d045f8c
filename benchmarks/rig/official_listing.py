"""The peer of a crawl: `huggingface_hub.list_models` to exhaustion, with the keys that we request; prints a count.

It runs as a process of its own with HF_ENDPOINT set, so that its memory and CPU are its own.
"""

from __future__ import annotations

from typing import Any

from huggingface_hub import HfApi

from crawler.hub.expand import expand_params


def main() -> None:
    """List everything and count it."""
    keys: Any = [value for _, value in expand_params("full")]
    models = HfApi(token=False).list_models(sort="created_at", expand=keys)
    print(sum(1 for _ in models))


if __name__ == "__main__":
    main()
