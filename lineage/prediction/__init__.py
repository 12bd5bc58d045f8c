"""Predicted scores of models that nobody scored, from the scores of their relatives; for callers: `predict`."""
