-- Lets DuckDB work in as many threads as there are cores.
reset threads
