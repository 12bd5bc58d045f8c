"""HTTP: the Hub's client with its rate limit, the shared retry policy, response bodies, token and address guard."""
