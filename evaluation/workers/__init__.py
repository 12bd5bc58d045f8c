"""Workers: processes of this machine or actors of a Ray cluster, which run leases and report to the coordinator."""
