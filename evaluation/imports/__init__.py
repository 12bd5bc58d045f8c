"""Importers of scores: one module per format of another tool, and what model cards and leaderboards state."""
