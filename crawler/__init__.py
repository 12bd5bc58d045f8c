"""The crawler: what to ask the Hub over HTTP, at what rate, and how to go on after a stop."""
