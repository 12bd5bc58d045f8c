"""What was read of weights, kept and compared in the database."""
