"""Drift and predictions computed over the scores and the graph of a database."""
