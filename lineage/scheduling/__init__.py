"""Which model to measure next on which instrument, and why; for callers: `lineage.scheduling.schedule`."""
