"""What the official client downloads from a sandbox Hub: one JSON object on standard output, for test_serving.py.

It runs in its own process because huggingface_hub reads HF_ENDPOINT and HF_HOME when it is imported.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download, snapshot_download


def main() -> None:
    """Download the snapshots of the named models and one file of the first, and print what came."""
    models = sys.argv[1:]
    found = {}
    for model in models:
        place = Path(snapshot_download(model))
        files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in place.iterdir()}
        info = HfApi().model_info(model, files_metadata=True)
        sizes = {each.rfilename: each.lfs.size if each.lfs else None for each in info.siblings or []}
        counted = info.safetensors.total if info.safetensors else None
        found[model] = {
            "commit": place.name,
            "sha": info.sha,
            "files": files,
            "sizes": sizes,
            "parameters": counted,
            "base_models": info.card_data.base_model if info.card_data else None,
        }
    config = Path(hf_hub_download(models[0], "config.json", revision=str(found[models[0]]["sha"]))).read_text("utf-8")
    sys.stdout.write(json.dumps({"models": found, "type": json.loads(config)["model_type"]}))


if __name__ == "__main__":
    main()
