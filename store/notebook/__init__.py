"""A database opened from Python: tables, families and figures for notebooks."""
