"""Scores in the database: how they are written, which of them are current, and how they are listed."""
