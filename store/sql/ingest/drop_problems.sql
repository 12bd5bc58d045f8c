-- Removes what was said earlier of the page's repositories, before it is said anew.
delete from hub.problems
using page_records
where problems.hub_id = page_records.hub_id
    and starts_with(problems.field, 'record')
