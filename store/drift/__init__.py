"""Drift and predictions computed from the scores and the graph of a database."""
