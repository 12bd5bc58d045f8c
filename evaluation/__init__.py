"""Evaluation: imports scores of other tools, runs the queue of jobs on workers, and scores replies."""
