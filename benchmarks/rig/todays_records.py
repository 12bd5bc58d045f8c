"""Records as the Hub gives them today (cards, configurations, files; about 1.4 kB each), from the sandbox's catalogue.

`python -m benchmarks.rig.todays_records COUNT FILE`, a process of its own, so that its memory is no other's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandbox.catalogue import generate, truth

if TYPE_CHECKING:
    from collections.abc import Iterator

_CALL_ARGUMENTS: Final = 3


def main() -> None:
    """Write the catalogue's records as JSON lines."""
    if len(sys.argv) != _CALL_ARGUMENTS:
        sys.exit("usage: todays_records COUNT FILE")
    with Path(sys.argv[2]).open("w", encoding="utf-8", errors="surrogatepass") as out:
        out.writelines(_ordinary_records(int(sys.argv[1])))


def _ordinary_records(count: int) -> Iterator[str]:
    """Yield the records that the official client can read: a malformed one ends its listing."""
    facts = truth(models=count)
    return (json.dumps(repo.record) + "\n" for repo in generate(models=count) if facts[repo.id].oddity is None)


if __name__ == "__main__":
    main()
