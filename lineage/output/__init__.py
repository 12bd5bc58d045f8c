"""The output of commands: results, findings, crawl events and progress, and their layout on a terminal."""
