"""The questions of a study of drift, as tables over rows of drift and what is known of the models.

Every table says how many derivatives stand behind a figure and marks groups of fewer than five; none hides them. The
questions are those of "Safety Drift After Fine-Tuning" (arXiv 2604.24902), asked so that noise is told from change.
"""
