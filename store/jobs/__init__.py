"""The queue of evaluations in the database: jobs, leases, results and the schedule that fills it."""
