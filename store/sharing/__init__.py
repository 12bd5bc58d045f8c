"""Files through which other processes follow a database that one process writes: copies and progress."""
