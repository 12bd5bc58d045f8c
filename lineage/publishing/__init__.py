"""What a published graph consists of, and what is written about it for people and programs. Pure."""
