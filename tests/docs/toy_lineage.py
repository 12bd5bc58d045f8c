"""`lineage` where the workers of this machine have the tests' toy for transformers: no model is loaded."""

from __future__ import annotations

import sys
from functools import partial
from unittest.mock import patch

import cli

if __name__ == "__main__":
    if "evaluate" in sys.argv:
        from evaluation.workers import local as local_executor

        toy = partial(local_executor.WorkerSettings, engines={"transformers": "toy_runner:make_runner"})
        with patch.object(local_executor, "WorkerSettings", toy):
            cli.main()
    cli.main()
