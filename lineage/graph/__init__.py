"""The graph of models as compressed arrays: families, reachability, cycles and paths, and trees drawn as text."""
