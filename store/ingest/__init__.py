"""How records get into the database: from a crawl, from files, and by hand as corrections."""
