-- Writes beside every edge whose parent is only a copy (its one parent by fewer bits, or by identical weights) the model that it is a copy of, through copies of copies.
update hub.edges
set
    original = found.original,
    original_inferred = found.inferred
from (
    with recursive copies as (
        select
            child as copy,
            min(parent) as original,
            bool_and(inferred) as inferred
        from hub.edges
        group by child
        having count(*) = 1
            and bool_and(
                relation = 'quantized'
                or evidence = 'weights'
            )
    ),
    ways as (
        select
            copies.copy,
            copies.original,
            copies.inferred,
            1 as steps
        from copies
        where copies.copy in (
            select parent
            from hub.edges
        )
        union all
        select
            ways.copy,
            copies.original,
            ways.inferred or copies.inferred,
            ways.steps + 1
        from ways
        inner join copies
            on copies.copy = ways.original
        where copies.original <> ways.copy
            and ways.steps < 10
    )
    select
        copy,
        arg_max(original, steps) as original,
        arg_max(inferred, steps) as inferred
    from ways
    group by copy
) as found
where found.copy = edges.parent
    and found.original <> edges.child
