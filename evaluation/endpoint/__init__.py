"""Models behind a server that speaks OpenAI's HTTP API: asked for likelihoods and replies, or to judge replies."""
