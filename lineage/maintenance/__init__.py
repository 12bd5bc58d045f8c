"""Maintenance: which kind of drift a fine-tune has, and the cheapest change of its weights that takes it back."""
