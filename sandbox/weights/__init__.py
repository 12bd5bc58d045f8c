"""A family of real tiny models, made from a seed: weights, tokenizer, cards, and instruments that measure them.

Its drift is real. A model is trained from scratch on text about a made-up world; its fine-tunes, adapters,
quantizations and merge forget, learn and refuse as their own training text makes them. Nothing in it is true of our
world.
"""
