-- Forbids every file and address that was not allowed before; it cannot be undone on this connection.
set enable_external_access = false
