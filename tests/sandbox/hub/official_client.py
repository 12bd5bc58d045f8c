"""What the official client makes of a sandbox Hub: one JSON object on standard output, for test_official_client.py.

It runs in its own process because huggingface_hub reads HF_ENDPOINT and HF_HOME when it is imported.
"""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    ModelCard,
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
)
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._pagination import _paginate_pages

if TYPE_CHECKING:
    from collections.abc import Callable

FREE = "hf_sandbox_free"
OWNER = "hf_sandbox_owner"
DATASET = "alder-group/graph"


def error_of(call: Callable[[], object]) -> dict[str, object]:
    """Give the class and status of the error that a call raises."""
    try:
        call()
    except Exception as exc:  # noqa: BLE001 -- the class is what is asked for
        response = getattr(exc, "response", None)
        return {
            "class": type(exc).__name__,
            "bases": [base.__name__ for base in type(exc).__mro__],
            "status": getattr(response, "status_code", None),
            "message": str(exc),
        }
    return {"class": None}


def listings(api: HfApi) -> dict[str, object]:
    """List models in the ways that the client has."""
    path = f"{constants.ENDPOINT}/api/models"
    headers = build_hf_headers(token=False)
    pages = _paginate_pages(path, params={"sort": "createdAt", "limit": 2}, headers=headers, timeout=30)
    return {
        "all": [model.id for model in api.list_models(sort="created_at")],
        "filtered": [model.id for model in api.list_models(filter=["medical", "fr"])],
        "author": [model.id for model in api.list_models(author="acme", sort="likes", limit=2)],
        "expanded": [
            [model.id, model.base_models, model.children_model_count]
            for model in api.list_models(sort="created_at", expand=["baseModels", "childrenModelCount"])
        ],
        "full": [model.sha for model in islice(api.list_models(sort="created_at", full=True, cardData=True), 2)],
        "paginated": [[record["id"] for record in page] for page, _ in pages],
        "private": [model.id for model in api.list_models(token="hf_sandbox_owner", author="vault")],  # noqa: S106 -- the sandbox's own
    }


def single_models(api: HfApi) -> dict[str, object]:
    """Ask for single models, through redirects too."""
    info = api.model_info("base", files_metadata=True, securityStatus=True)
    weights = next(sibling for sibling in info.siblings or [] if sibling.rfilename == "model.safetensors")
    return {
        "renamed": info.id,
        "case": api.model_info("ACME/Base").id,
        "revision": api.model_info("acme/base", revision=f"{1:040x}").sha,
        "expanded": api.model_info("acme/tuned", expand=["baseModels"]).base_models,
        "lfs": [
            weights.size,
            weights.lfs.sha256 if weights.lfs else None,
            weights.lfs.pointer_size if weights.lfs else None,
        ],
        "exists": [api.repo_exists("acme/base"), api.file_exists("acme/base", "nope.txt")],
        "whoami": api.whoami(token=FREE)["name"],
        "tags": sorted(api.get_model_tags()),
    }


def files(api: HfApi) -> dict[str, object]:
    """Read trees and files."""
    tree = list(api.list_repo_tree("acme/base", recursive=True, expand=True))
    head = get_hf_file_metadata(hf_hub_url("acme/base", "model.safetensors"))
    return {
        "tree": [entry.path for entry in tree],
        "tree_lfs": next(entry.lfs.sha256 for entry in tree if entry.path == "model.safetensors"),  # type: ignore[union-attr]
        "paths": [entry.path for entry in api.get_paths_info("acme/base", ["onnx", "README.md", "absent"])],
        "long_tree": len(list(api.list_repo_tree("acme/long", recursive=True))),
        "head": [head.etag, head.size, head.commit_hash],
        "readme": Path(hf_hub_download("acme/base", "README.md")).read_text(encoding="utf-8"),
        "renamed_readme": Path(hf_hub_download("old/base", "README.md")).read_text(encoding="utf-8"),
        "gated_card": ModelCard.load("acme/gated").data.to_dict(),
        "weights": len(Path(hf_hub_download("acme/base", "onnx/model.onnx")).read_bytes()),
    }


def scores(api: HfApi) -> dict[str, object]:
    """Read results: a leaderboard with and without derivatives, the benchmarks, and what a model says of itself."""
    whole = api.get_dataset_leaderboard("kestrelworks/sums", base_model_only=False)
    results = api.model_info("acme/tuned", expand=["evalResults"]).eval_results or []
    return {
        "all": [[row.rank, row.model_id, row.value, row.verified, row.pull_request, row.notes] for row in whole],
        "author": type(whole[0].author).__name__,
        "default": [row.model_id for row in api.get_dataset_leaderboard("kestrelworks/sums")],
        "benchmarks": [dataset.id for dataset in api.list_datasets(benchmark=True)],
        "results": [[each.dataset_id, each.task_id, each.value, each.date] for each in results],
        "without": error_of(lambda: api.get_dataset_leaderboard("orchard/lantern-dialogues")),
        "missing": error_of(lambda: api.get_dataset_leaderboard("no/body", token=FREE)),
    }


def uploads(api: HfApi) -> dict[str, object]:
    """Create a data set, commit to it twice, and read it at both commits."""

    def commit(*operations: CommitOperationAdd | CommitOperationDelete, parent: str | None = None) -> str:
        return api.create_commit(
            DATASET,
            list(operations),
            repo_type="dataset",
            commit_message="New rows",
            token=OWNER,
            parent_commit=parent,
        ).oid

    def read(path: str, revision: str) -> str:
        return Path(hf_hub_download(DATASET, path, repo_type="dataset", revision=revision)).read_text(encoding="utf-8")

    for _ in range(2):
        api.create_repo(DATASET, repo_type="dataset", token=OWNER, exist_ok=True)

    def add(path: str, content: bytes) -> CommitOperationAdd:
        return CommitOperationAdd(path, content)

    card = b"---\nlicense: mit\n---\n# Rows\n"
    first = commit(add("README.md", card), add("data/rows.parquet", b"first"))
    again = commit(add("README.md", card), add("data/rows.parquet", b"first"))
    second = commit(add("data/rows.parquet", b"second"), CommitOperationDelete("README.md"))
    info = api.dataset_info(DATASET, files_metadata=True)
    return {
        "again": again == first,
        "read": [read("README.md", first), read("data/rows.parquet", first), read("data/rows.parquet", second)],
        "newest": info.sha == second,
        "files": [[file.rfilename, file.size, file.lfs is not None] for file in info.siblings or []],
        "stale": error_of(lambda: commit(add("a.csv", b"a"), parent=first)),
        "reader": error_of(lambda: api.create_repo("alder-group/other", repo_type="dataset", token=FREE)),
        "bad_card": error_of(lambda: commit(add("README.md", b"---\n[\n---\n"))),
    }


def errors(api: HfApi) -> dict[str, object]:
    """Provoke every refusal that the client has a class for."""
    return {
        "missing_anonymous": error_of(lambda: api.model_info("no/body", token=False)),
        "missing_token": error_of(lambda: api.model_info("no/body", token=FREE)),
        "bad_token": error_of(lambda: api.model_info("acme/base", token="hf_wrong")),  # noqa: S106 -- wrong on purpose
        "revision": error_of(lambda: api.model_info("acme/base", revision="v9")),
        "entry": error_of(lambda: hf_hub_download("acme/base", "absent.txt")),
        "tree_entry": error_of(lambda: list(api.list_repo_tree("acme/base", "absent"))),
        "gated_anonymous": error_of(lambda: hf_hub_download("acme/gated", "config.json", token=False)),
        "gated_token": error_of(lambda: hf_hub_download("acme/gated", "config.json", token=FREE)),
        "disabled": error_of(lambda: api.model_info("vault/taken-down")),
        "expand": error_of(lambda: list(api.list_models(expand=["nonsense"]))),  # type: ignore[list-item]
        "sort": error_of(lambda: list(api.list_models(sort="nonsense"))),  # type: ignore[arg-type]
    }


def main() -> None:
    """Ask everything and print it."""
    api = HfApi()
    parts = {
        "listings": listings(api),
        "models": single_models(api),
        "files": files(api),
        "scores": scores(api),
        "uploads": uploads(api),
        "errors": errors(api),
    }
    sys.stdout.write(json.dumps(parts))


if __name__ == "__main__":
    main()
