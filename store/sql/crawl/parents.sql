-- Lists the names, former ones too, of domain models (and ancestors, with $siblings) that may have children.
with recursive ancestors as (
    select model as id
    from hub.domains
    where list_contains($domains, domain)
        and (
            basis = 'inherited'
            or confidence >= 0.5
        )
    union
    select edges.parent
    from ancestors
    inner join hub.edges
        on edges.child = ancestors.id
    where $siblings
),
parents as (
    select
        models.id,
        models.hub_id
    from ancestors
    inner join hub.models using (id)
    where json_type(models.children) is distinct from 'OBJECT'
        or len(list_filter(
            json_extract_string(models.children, ['$.adapter', '$.merge', '$.quantized', '$.finetune']),
            lambda number: number is not null and coalesce(try_cast(number as double), 1) > 0
        )) > 0
),
names as (
    select id as name
    from parents
    union
    select aliases.alias
    from hub.aliases
    semi join parents using (hub_id)
    union
    select ancestors.id
    from ancestors
    inner join hub.nodes using (id)
    where nodes.hub_id is null
)
select name
from names
order by name
