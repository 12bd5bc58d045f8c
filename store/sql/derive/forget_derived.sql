-- Forgets what was noted of the derived tables, before it is noted anew.
truncate hub.derived
