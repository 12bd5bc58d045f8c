"""A Hub in a box: the Hub's HTTP API on loopback, over a generated, fictional catalogue."""
