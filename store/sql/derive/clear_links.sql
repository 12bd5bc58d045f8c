-- Empties the numbered edges before they are written anew.
truncate hub.links
