"""Scores in the database: writing them, choosing the current ones, and listing them."""
