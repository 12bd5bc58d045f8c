"""Scorers of written replies: rules of refusal, incoherence, judges, and their calibration on labelled replies."""
