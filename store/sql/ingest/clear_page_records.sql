-- Empties the staging table page_records for the next page.
truncate page_records
