-- Gathers the evidence by child and parent, what is inferred only for those that declare nothing; a GGUF file may name the base of the model that it is a copy of.
create or replace temp table gathered as
with rejected as (
    select
        coalesce(child.id, said.child) as child,
        coalesce(parent.id, said.parent) as parent
    from (
        from corrections
        qualify row_number() over (partition by child, parent order by made_at desc) = 1
    ) as said
    left join aliases as child
        on child.alias = said.child
    left join aliases as parent
        on parent.alias = said.parent
    where said.verdict = 'reject'
),
skipping as (
    select
        header.child,
        header.parent
    from hub.evidence as header
    inner join hub.evidence as guess
        on guess.child = header.child
        and guess.parent <> header.parent
    inner join lent_ranks as ranks
        on ranks.kind = guess.kind
        and cast(ranks.inferred as boolean)
        and guess.confidence >= ranks.at_least
    inner join hub.evidence as above
        on above.child = guess.parent
        and above.parent = header.parent
    where header.kind = 'gguf'
),
telling as (
    from hub.evidence
    where kind <> 'gguf'
        or (child, parent) not in (
            from skipping
        )
),
declared as (
    select distinct telling.child
    from telling
    inner join lent_ranks as ranks using (kind)
    where not cast(ranks.inferred as boolean)
)
select
    evidence.child,
    evidence.parent,
    arg_min(evidence.kind, (ranks.rank, -evidence.confidence, evidence.declared_as)) as evidence,
    arg_min(evidence.declared_as, (ranks.rank, -evidence.confidence, evidence.declared_as)) as declared_as,
    arg_min(evidence.resolution, (ranks.rank, -evidence.confidence, evidence.declared_as)) as resolution,
    arg_min(evidence.confidence, (ranks.rank, -evidence.confidence, evidence.declared_as)) as confidence,
    arg_min(coalesce(evidence.rule, ''), (ranks.rank, -evidence.confidence, evidence.declared_as)) as rule,
    bool_and(cast(ranks.inferred as boolean)) as inferred,
    max(evidence.relation) filter (where evidence.kind = 'human') as human_relation,
    max(evidence.relation) filter (where evidence.kind = 'card') as declared_relation,
    max(evidence.relation) filter (where evidence.kind = 'hub') as hub_relation,
    arg_max(
        evidence.relation,
        list_position(['finetune', 'adapter', 'quantized', 'merge'], evidence.relation)
    ) filter (where evidence.kind in ('tag', 'config', 'adapter_config')) as typed_relation,
    arg_max(evidence.relation, evidence.confidence) filter (where cast(ranks.inferred as boolean)) as inferred_relation,
    min(evidence.first_seen_at) as first_seen_at,
    max(evidence.last_seen_at) as last_seen_at
from telling as evidence
inner join lent_ranks as ranks using (kind)
left join declared using (child)
where (
        not cast(ranks.inferred as boolean)
        or (
            evidence.confidence >= ranks.at_least
            and declared.child is null
        )
    )
    and not exists (
        select 1
        from rejected
        where rejected.child = evidence.child
            and rejected.parent = evidence.parent
    )
group by
    evidence.child,
    evidence.parent
