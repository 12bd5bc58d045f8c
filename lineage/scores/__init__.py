"""What a score is: instruments, identities, values with their errors, and how far a scorer agrees with people."""
