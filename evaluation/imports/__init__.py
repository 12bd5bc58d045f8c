"""Readers of files with scores, one a format; each turns a file into scores or says what is wrong with it."""
