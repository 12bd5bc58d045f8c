"""The Hub over HTTP: what to ask for, at what pace, how to go on after a stop."""
