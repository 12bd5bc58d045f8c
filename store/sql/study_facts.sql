-- name: models
-- Lists parameters, library, relation, tags, data sets, the card's base and the card of the models in $models, once for all models that share them.
with asked as (
    select distinct unnest($models::varchar[]) as id
),
relations as (
    select
        edges.child as id,
        case
            when count(distinct edges.relation) = 1
                then any_value(edges.relation)
        end as relation
    from asked
    inner join hub.edges
        on edges.child = asked.id
    group by edges.child
),
trained as (
    select
        trained_on.model as id,
        list(distinct trained_on.dataset order by trained_on.dataset) as datasets
    from asked
    inner join trained_on
        on trained_on.model = asked.id
    group by trained_on.model
)
select
    list(models.id) as ids,
    models.parameters,
    models.library,
    relations.relation,
    coalesce(models.tags, []) as tags,
    coalesce(trained.datasets, []) as datasets,
    models.body ->> '$.cardData.base_model' as card_base,
    readmes.content as card
from asked
inner join hub.models
    on models.id = asked.id
left join relations
    on relations.id = models.id
left join trained
    on trained.id = models.id
left join hub.files as readmes
    on readmes.model = models.id
    and readmes.path = 'README.md'
group by all
