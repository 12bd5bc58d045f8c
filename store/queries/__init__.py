"""What is read from a database: selections, models, families, trees, profiles, changes and licences."""
