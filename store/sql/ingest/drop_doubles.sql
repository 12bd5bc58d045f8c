-- Keeps one staged record for each repository of the page, the last.
delete from page_records
where rowid not in (
    select max(rowid)
    from page_records
    group by hub_id
)
