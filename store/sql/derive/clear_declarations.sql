-- Empties the declarations before they are written anew.
truncate hub.declarations
