-- Empties the staging table page_facts for the next page.
truncate page_facts
