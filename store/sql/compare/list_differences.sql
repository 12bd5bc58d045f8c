-- Lists what differs, of some kinds where any are named, in the order of the kinds and then of the models.
select
    kind,
    model,
    what,
    before,
    after
from differences
where $kinds is null
    or list_contains($kinds, kind)
order by
    list_position($order, kind),
    model,
    what,
    before,
    after
limit $limit
