"""How far each model moved from an ancestor on each instrument, and what can be said of it."""
