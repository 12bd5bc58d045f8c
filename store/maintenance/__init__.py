"""Trials of recipes in the database: their items, and what they came to."""
