"""Repairs of drifted models: measured, searched for, confirmed, and written where that is asked for."""
