"""Which models a model was made from: what tags, cards and files declare, and what is inferred where nobody says."""
