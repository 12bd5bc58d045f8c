"""Queries on a database: selections, models, families, trees, profiles, changes and licences."""
