-- Drops the staged elements that cannot be stored under a name.
delete from page_records
where id is null
