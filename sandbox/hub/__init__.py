"""The sandbox Hub's server: a strict double of the Hub's HTTP API, with its rate limits and faults on demand."""
