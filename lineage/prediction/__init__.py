"""Predict scores of models that nobody scored from the scores of their relatives; callers start at `predict`."""
