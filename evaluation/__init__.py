"""Scores: read from other tools and from the Hub, told apart by what makes them comparable."""
