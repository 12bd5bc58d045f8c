-- Counts what differs by kind, of some kinds where any are named.
select
    kind,
    count(*) as differences
from differences
where $kinds is null
    or list_contains($kinds, kind)
group by kind
order by list_position($order, kind)
