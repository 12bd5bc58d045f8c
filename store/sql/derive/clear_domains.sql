-- Empties the domains before they are written anew.
truncate hub.domains
