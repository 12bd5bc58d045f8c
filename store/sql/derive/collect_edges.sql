-- Gathers every declaration that leads to another model, by child and parent, with what each place says of the relation.
create or replace temp table gathered as
select
    declarations.child,
    resolutions.parent,
    arg_min(declarations.evidence, (ranks.rank, declarations.declared_as)) as evidence,
    arg_min(declarations.declared_as, (ranks.rank, declarations.declared_as)) as declared_as,
    arg_min(resolutions.resolution, (ranks.rank, declarations.declared_as)) as resolution,
    max(declarations.relation) filter (where declarations.evidence = 'card') as declared_relation,
    max(declarations.relation) filter (where declarations.evidence = 'hub') as hub_relation,
    arg_max(
        declarations.relation,
        list_position(['finetune', 'adapter', 'quantized', 'merge'], declarations.relation)
    ) filter (where declarations.evidence in ('tag', 'config', 'adapter_config')) as typed_relation,
    min(declarations.first_seen_at) as first_seen_at,
    max(declarations.last_seen_at) as last_seen_at
from hub.declarations
inner join hub.resolutions using (named)
inner join lent_ranks as ranks using (evidence)
where declarations.child <> resolutions.parent
group by
    declarations.child,
    resolutions.parent
