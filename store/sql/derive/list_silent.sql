-- Lists the children whose relation no declaration says in a known word, with the facts that it is inferred from.
with silent as (
    select
        gathered.child,
        bool_or(card.written is null and hub.written is null and gathered.typed_relation is null) as is_silent,
        count(*) as parents
    from gathered
    left join lent_relations as card
        on card.written = gathered.declared_relation
    left join lent_relations as hub
        on hub.written = gathered.hub_relation
    group by gathered.child
)
select
    models.id,
    silent.parents,
    list_filter(coalesce(models.tags, []), lambda tag: tag is not null),
    models.library,
    models.is_adapter,
    models.is_quantized
from silent
inner join hub.models
    on models.id = silent.child
where silent.is_silent
