"""Scores: instruments, identities, values with their errors, and how well a scorer agrees with people."""
