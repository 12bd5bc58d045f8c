"""A person's word on edges: what the command line says of it."""
