-- Lists the fetched cards that may hold a model index of which the record says nothing (with $is_selected those of the numbers).
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
