"""Which domains a model belongs to: the lexicon, a model's own signs, and what it inherits from ancestors."""
