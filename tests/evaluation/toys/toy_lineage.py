"""`lineage` from its arguments to its exit code, where workers on a cluster have the toy as their only engine."""

from __future__ import annotations

from unittest.mock import patch

import cli
from evaluation.workers import ray_cluster

if __name__ == "__main__":
    with patch.object(ray_cluster, "ENGINES", {"toy": "counting_runner:make_runner"}):
        cli.main()
