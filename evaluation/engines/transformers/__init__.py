"""The engine `transformers`: runs models of the Hub on this machine, a whole family with its base loaded once."""
