"""What follows from the records: parents, edges, families, domains and the files of the graph."""
