"""Models under vLLM, offline: in a process, and where need be an environment, of its own."""
