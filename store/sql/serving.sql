-- name: drift
-- Lists stored drift of the selected models, or of all: the largest differences first, withheld ones last.
select
    drift.*,
    instruments.name,
    instruments.construct
from drift
left join instruments using (instrument)
where (not $is_selected or hub.repository_of(drift.model) in (
        select nodes.id
        from hub.nodes
        semi join lent_selected using (nid)
    ))
    and ($against is null or drift.against = $against)
    and ($verdict is null or drift.verdict = $verdict)
    and ($name is null or instruments.name = $name)
order by
    abs(drift.delta) desc nulls last,
    drift.model,
    drift.instrument,
    drift.against,
    drift.reference
limit $limit

-- name: families_of_tests
-- Lists the families of tests on safety of the selected models, or of all: model, reference and construct of each, once.
select distinct
    drift.model,
    drift.reference,
    instruments.construct
from drift
inner join instruments using (instrument)
where drift.q_value is not null
    and not list_contains($guards, instruments.construct)
    and instruments.direction <> $capability
    and (not $is_selected or hub.repository_of(drift.model) in (
        select nodes.id
        from hub.nodes
        semi join lent_selected using (nid)
    ))
    and ($against is null or drift.against = $against)
order by
    drift.model,
    drift.reference,
    instruments.construct

-- name: overview
-- Lists families by their roots: size, the root's own or inherited domains, how many derivatives are of each domain, how many of the models are measured, and how many moved worse, better or both ways against their nearest scored ancestor.
-- Only the first $limit families are counted: what ranks them is known of every family, or counted by numbers before.
with moved as (
    select
        drift.nid,
        bool_or(drift.verdict = 'worse') as is_worse,
        bool_or(drift.verdict = 'better') as is_better,
        bool_or(drift.verdict = 'withheld') as is_withheld
    from hub.drift
    left join hub.instruments using (instrument)
    where drift.against = 'scored_ancestor'
        and not drift.is_file
        and instruments.construct is distinct from 'capability'
    group by drift.nid
),
measured as (
    select
        nid,
        bool_or(state = 'measured') as is_measured
    from hub.standing
    where variant = ''
    group by nid
),
told as materialized (
    select
        nid,
        measured.is_measured,
        moved.is_worse,
        moved.is_better,
        moved.is_withheld
    from measured
    full join moved using (nid)
),
tallied as (
    select
        families.root,
        count(told.is_measured) as scored,
        count(*) filter (where told.is_worse) as worse,
        count(*) filter (where told.is_worse and told.is_better) as contradictory
    from told
    inner join hub.nodes using (nid)
    inner join hub.families
        on families.model = nodes.id
    where $sort not in ('models', 'exposure')
    group by families.root
),
largest as materialized (
    select families.root
    from hub.families
    left join hub.reach
        on reach.model = families.root
    left join tallied
        on tallied.root = families.root
    where families.family_size > 1
        and families.depth = 0
        and families.model = families.root
        and ($search is null or contains(lower(families.root), lower($search)))
        and ($domain is null or families.root in (
            select families.root
            from hub.domains
            inner join hub.families
                on families.model = domains.model
            where domains.domain = $domain
                and domains.confidence >= $confidence
        ))
    order by
        case $sort
            when 'models' then families.family_size
            when 'exposure' then reach.exposure
            when 'scored' then coalesce(tallied.scored, 0)
            when 'unscored' then families.family_size - coalesce(tallied.scored, 0)
            when 'worse' then coalesce(tallied.worse, 0)
            when 'contradictory' then coalesce(tallied.contradictory, 0)
        end desc nulls last,
        families.family_size desc,
        families.root
    limit $limit
),
members as materialized (
    select
        families.root,
        families.model,
        families.depth,
        families.inferred,
        nodes.nid
    from hub.families
    inner join hub.nodes
        on nodes.id = families.model
    where families.family_size > 1
        and families.root in (
            select root
            from largest
        )
),
topical as (
    select
        model,
        list_sort(list_distinct(list(domain))) as domains
    from hub.domains
    where confidence >= $confidence
    group by model
),
grouped as (
    select
        families.root,
        count(*) as models,
        max(families.depth) as generations,
        count(*) filter (where families.inferred) as inferred,
        count(topical.model) as domain_models,
        count(told.is_measured) as scored,
        count(*) filter (where told.is_measured) as measured,
        count(*) filter (where told.is_worse) as worse,
        count(*) filter (where told.is_better) as better,
        count(*) filter (where told.is_worse and told.is_better) as contradictory,
        count(*) filter (where told.is_withheld) as withheld
    from members as families
    left join topical
        on topical.model = families.model
    left join told
        on told.nid = families.nid
    group by families.root
),
counted as (
    select
        families.root,
        domains.domain,
        count(distinct families.model) as models
    from members as families
    inner join hub.domains
        on domains.model = families.model
    where families.model <> families.root
        and domains.confidence >= $confidence
    group by
        families.root,
        domains.domain
),
used as (
    select
        root,
        list({'domain': domain, 'models': models} order by models desc, domain) as used_in
    from counted
    group by root
)
select
    grouped.root,
    grouped.models,
    grouped.generations,
    grouped.inferred,
    coalesce(own.domains, []) as domains,
    coalesce(used.used_in, []) as used_in,
    grouped.domain_models,
    grouped.scored,
    grouped.measured,
    grouped.worse,
    grouped.better,
    grouped.contradictory,
    grouped.withheld,
    coalesce(reach.exposure, 0) as exposure,
    nodes.status,
    likely_parents.parent as likely_parent,
    likely_parents.confidence as likely_confidence
from grouped
inner join hub.nodes
    on nodes.id = grouped.root
left join topical as own
    on own.model = grouped.root
left join used
    on used.root = grouped.root
left join hub.reach
    on reach.model = grouped.root
left join hub.likely_parents
    on likely_parents.model = grouped.root
order by
    case $sort
        when 'models' then grouped.models
        when 'exposure' then reach.exposure
        when 'scored' then grouped.scored
        when 'unscored' then grouped.models - grouped.scored
        when 'worse' then grouped.worse
        when 'contradictory' then grouped.contradictory
    end desc nulls last,
    grouped.models desc,
    grouped.root
