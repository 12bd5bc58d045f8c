"""The pure core: records, parent resolution, domains, graph and rendering. No input, output, SQL or HTTP."""
