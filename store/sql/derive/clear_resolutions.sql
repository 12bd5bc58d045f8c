-- Empties the resolutions of names before they are written anew.
truncate hub.resolutions
