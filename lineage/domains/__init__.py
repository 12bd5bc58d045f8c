"""Which domains a model belongs to: the lexicon, the signs of a model itself, and what it inherits from ancestors."""
