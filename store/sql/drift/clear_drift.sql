-- Forgets how far models moved.
truncate hub.drift
