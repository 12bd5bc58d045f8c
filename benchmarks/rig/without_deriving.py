"""`lineage` with a store that derives nothing: what a crawl or a load costs up to the stored records.

`python -m benchmarks.rig.without_deriving crawl --all ...`
"""

from __future__ import annotations

from cli import main
from store.ingest.crawl_store import DuckDBCrawlStore

if __name__ == "__main__":
    DuckDBCrawlStore.derive = lambda *_: None  # type: ignore[method-assign] # what is derived is measured elsewhere
    main()
