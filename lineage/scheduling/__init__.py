"""Decides which model to evaluate next on which instrument, and why; `lineage.scheduling.schedule` is the entry."""
