"""The engine `inspect`: runs tasks of the user's own files with inspect-ai."""
