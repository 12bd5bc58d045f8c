"""Databases in Python: tables, families and figures for notebooks."""
