-- Keeps the record of a repository whose name now belongs to another, later repository.
insert into hub.history
select
    hub_id,
    id,
    sha,
    'recreated',
    last_seen_at,
    last_seen_at,
    crawl,
    body
from hub.models
qualify count(*) over (partition by id) > 1
    and row_number() over (partition by id order by hub_id desc) > 1
