"""The graph of models as compressed arrays: families, reach, cycles and ways, and how a tree is drawn as text."""
