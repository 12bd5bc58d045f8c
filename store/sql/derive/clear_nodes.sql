-- Empties the numbered models before they are numbered anew.
truncate hub.nodes
