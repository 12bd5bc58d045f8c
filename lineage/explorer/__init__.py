"""The explorer page: a family as a tree grid with its drift, in one HTML file that asks nobody for anything."""
