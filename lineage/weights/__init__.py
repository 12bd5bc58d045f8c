"""Read what a model's weights say of where they come from, out of the few bytes that a range of a file holds."""
