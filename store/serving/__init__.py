"""A database on a local address: pages to look at and a JSON API to read, while other processes write it."""
