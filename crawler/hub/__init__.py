"""The Hub's API, one module per kind of request: listings, single repositories, leaderboards, jobs, health."""
