-- Bounds how many threads share the memory of an export: each needs some of its own.
set threads = 2
