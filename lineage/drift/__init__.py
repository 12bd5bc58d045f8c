"""How far each model drifted from an ancestor on each instrument, and what can be concluded."""
