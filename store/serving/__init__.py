"""A database on a local address: web pages and a read-only JSON API, available while other processes write."""
