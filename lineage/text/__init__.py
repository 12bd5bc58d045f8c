"""Text tools: untrusted text made safe to show, words in names, and suggestions for misspelt words."""
