"""Which model to measure next on which instrument, and why; for callers: `schedule` in `lineage.scheduling.choosing`."""
