"""Text from strangers made safe to show, words in names, and suggestions for misspelt ones."""
