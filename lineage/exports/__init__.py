"""How part of the graph is written for other tools: the formats, and the code of the text formats."""
