-- Empties what stands below models before it is written anew.
truncate hub.reach
