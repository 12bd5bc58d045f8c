"""Runs the queue: the coordinator leases jobs to workers, keeps their results and reports progress."""
