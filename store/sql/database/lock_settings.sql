-- Forbids every later change of a setting, by functions within a query too; it cannot be undone on this database.
set lock_configuration = true
