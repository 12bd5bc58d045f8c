-- Makes DuckDB work in one thread: a page is too small to share, and the fetching needs the other core.
set threads = 1
