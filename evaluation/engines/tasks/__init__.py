"""Tasks of lm-evaluation-harness and how any backend is asked them: items, requests, values and identities."""
