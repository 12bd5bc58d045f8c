-- Lists the children whose relation no declaration says, with the facts that it is inferred from.
with silent as (
    select
        child,
        bool_or(hub_relation is null and typed_relation is null) as is_silent,
        count(*) as parents
    from gathered
    group by child
)
select
    models.id,
    silent.parents,
    coalesce(models.tags, []),
    models.library,
    models.is_adapter,
    models.is_quantized
from silent
inner join hub.models
    on models.id = silent.child
where silent.is_silent
