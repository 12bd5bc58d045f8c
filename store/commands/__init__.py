"""The commands that work on a database alone, one module for each."""
