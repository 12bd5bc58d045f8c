"""The tables of a database as files that others can take over."""
