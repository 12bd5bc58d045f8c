"""Advisories on models in the shape of OSV: read, written, and inherited by derivatives."""
