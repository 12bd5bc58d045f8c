-- Empties the edges before they are written anew.
truncate hub.edges
