"""The explorer page: a family as a tree grid with its drift, in one HTML file that makes no requests."""
