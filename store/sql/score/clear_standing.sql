-- Forgets which score speaks for each model.
truncate hub.standing
