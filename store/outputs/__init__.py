"""Output from the database as files or verdicts: exports, explorer pages, reports, snapshots, differences and gates."""
