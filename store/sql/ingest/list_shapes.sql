-- Lists the distinct types of the fields of the page's records; one kind of record has few of them.
select distinct
    shape,
    starts_with(hub_id, 'id:')
from page_records
