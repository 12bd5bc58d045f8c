-- name: list_readmes
-- Lists fetched cards that may hold a model index missing from the record (with $is_selected, only of the models in $numbers).
select
    files.model,
    files.content
from hub.files
left join hub.models
    on models.id = files.model
where files.path = 'README.md'
    and contains(files.content, 'model-index')
    and strlen(files.content) <= $most_bytes
    and (models.body -> '$."model-index"') is null
    and (models.body -> '$.cardData."model-index"') is null
    and (
        not $is_selected
        or files.model in (
            select nodes.id
            from hub.nodes
            where nodes.nid in (
                    select unnest(cast($numbers as integer[]))
                )
        )
    )

-- name: list_records
-- Lists records that report results, with the parts that report them (with $is_selected, only of the models in $numbers).
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
