-- Empties the families before they are written anew.
truncate hub.families
