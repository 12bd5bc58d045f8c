"""Reports for an auditor: what is known about the selected models, the evidence for it, and what is unknown."""
