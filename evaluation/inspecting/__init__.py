"""The engine `inspect`: a task of the user's own, run by inspect-ai in a process of its own, and its log."""
