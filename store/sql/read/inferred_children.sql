-- Counts the inferred edges below each of the models named in $ids that has some.
select
    parent,
    count(*) as inferred
from hub.edges
where inferred
    and parent in (
        select unnest(cast($ids as varchar[]))
    )
group by parent
