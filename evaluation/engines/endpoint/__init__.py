"""The engine `endpoint`: asks models behind a server that speaks OpenAI's HTTP API."""
