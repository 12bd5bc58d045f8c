"""Writers of exports that need the database itself."""
