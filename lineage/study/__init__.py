"""The questions of a study of drift, answered as tables from drift rows and facts about the models.

Every table gives the number of derivatives behind a figure and marks groups of fewer than five; none hides them. The
questions are those of "Safety Drift After Fine-Tuning" (arXiv 2604.24902), asked so as to separate noise from change.
"""
