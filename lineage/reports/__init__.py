"""Reports for an auditor: what is known of a selection of models, on what grounds, and what is not."""
