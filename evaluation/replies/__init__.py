"""What can be said of a written reply: whether it refuses, whether it holds together, and what a judge says of it."""
