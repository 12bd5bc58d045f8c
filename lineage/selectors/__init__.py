"""Selectors: how users name sets of models, as text and as records."""
