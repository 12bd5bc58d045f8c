-- Lists the records that report results (with $is_selected those of the numbers), with the parts that report them.
select
    models.id,
    (
        select coalesce(list(aliases.alias), [])
        from hub.aliases
        where aliases.hub_id = models.hub_id
    ) as names,
    models.body -> '$."model-index"' as own_index,
    nullif(models.body -> '$.cardData."model-index"', models.body -> '$."model-index"') as card_index,
    models.body -> '$.evalResults' as eval_results
from hub.models
where models.reported_results > 0
    and (
        not $is_selected
        or models.id in (
            select nodes.id
            from hub.nodes
            where nodes.nid in (
                    select unnest(cast($numbers as integer[]))
                )
        )
    )
