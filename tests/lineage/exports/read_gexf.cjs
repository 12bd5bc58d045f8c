// Prints the graph of a GEXF file as JSON, as the reader of Gephi Lite has it: nodes and edges with their attributes.
const { readFileSync } = require("node:fs");
const { DirectedGraph } = require("graphology");
const gexf = require("graphology-gexf");

const graph = gexf.parse(DirectedGraph, readFileSync(process.argv[2], "utf-8"));
process.stdout.write(JSON.stringify(graph.export()));
