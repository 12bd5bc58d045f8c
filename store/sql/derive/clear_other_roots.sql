-- Empties the further roots before they are written anew.
truncate hub.other_roots
