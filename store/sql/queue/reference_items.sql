-- Returns the items of the nearest ancestor of a model that the queue measured in full with the same task, in the order of their names.
with recursive above as (
    select
        parent as model,
        1 as distance
    from edges
    where child = $model
    union
    select
        edges.parent as model,
        above.distance + 1 as distance
    from edges
    inner join above
        on above.model = edges.child
    where above.distance < $generations
),
reference as (
    select run
    from scores
    inner join above using (model)
    inner join instruments using (instrument)
    where
        instruments.name = $instrument
        and scores.run_name = $definition
        and scores.source = 'lineage'
        and scores.has_items
    order by
        above.distance,
        scores.measured_at desc,
        scores.run
    limit 1
)
select
    items.item,
    items.value
from items
semi join reference using (run)
order by items.item
