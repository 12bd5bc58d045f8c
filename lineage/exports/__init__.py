"""How a part of the graph is written for other tools: the formats, and those of them that are text."""
