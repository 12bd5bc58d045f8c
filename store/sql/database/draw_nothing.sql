-- Keeps DuckDB from drawing a progress bar of its own, which would end up in the answer.
set enable_progress_bar = false
