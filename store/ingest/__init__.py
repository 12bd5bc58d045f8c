"""How records enter the database: from crawls, from files, and as manual corrections."""
