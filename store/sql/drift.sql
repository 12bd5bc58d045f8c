-- name: clear_drift
-- Empties the drift.
truncate hub.drift

-- name: count_scored
-- Returns how many of the lent models, or of all, have a current score; with files, one of a file counts too.
select count(distinct nid)
from hub.standing
where (variant = '' or $with_files)
    and (
        $is_all
        or nid in (from lent_asked)
    )

-- name: denied
-- Returns the numbers of the models whose weights contradict a parent, and of that parent.
select
    child.nid as child,
    parent.nid as parent
from hub.contradicted_edges as edges
inner join hub.nodes as child
    on child.id = edges.child
inner join hub.nodes as parent
    on parent.id = edges.parent
where edges.weights = 'contradicted'
order by all

-- name: domains
-- Returns the domains that an analyst would list, own and inherited, of the lent models with scores, or of all.
select
    model,
    list_sort(list_distinct(list(domain))) as domains
from hub.domains
semi join hub.scored_names
    on scored_names.id = domains.model
where domains.confidence >= $confidence
    and (
        $is_all
        or domains.model in (
            select id
            from hub.nodes
            where nid in (from lent_asked)
        )
    )
group by model

-- name: forget_drift
-- Deletes the verdicts on the models with the numbers $named in the scored names, and on all that descends from them.
delete from hub.drift
where hub.repository_of(model) in (
    with recursive moved as (
        select nodes.id as model
        from hub.nodes
        inner join hub.scored_names
            on lower(scored_names.repository) = lower(nodes.id)
            or scored_names.id = nodes.id
        where list_contains($named, scored_names.number)
        union
        select edges.child as model
        from hub.edges
        inner join moved
            on moved.model = edges.parent
    )
    select model
    from moved
)

-- name: insert_drift
-- Writes the lent rows of drift: their texts are places in the lists of the parameters, from 0, and what is NaN in arrays arrives as null.
insert into hub.drift by name
select
    model,
    reference,
    list_extract($against::varchar[], against_place::integer + 1) as against,
    list_extract($instruments::varchar[], instrument_place::integer + 1) as instrument,
    list_extract($instruments::varchar[], reference_instrument_place::integer + 1) as reference_instrument,
    nullif(distance, -1) as distance,
    list_extract($relations::varchar[], relation_place::integer + 1) as relation,
    delta,
    stderr,
    ci_low,
    ci_high,
    p_value,
    q_value,
    p_equivalence,
    q_equivalence,
    nullif(tests, -1) as tests,
    list_extract($verdicts::varchar[], verdict_place::integer + 1) as verdict,
    nullif(list_extract($pairings::varchar[], pairing_place::integer + 1), '') as pairing,
    nullif(list_extract($methods::varchar[], method_place::integer + 1), '') as method,
    nullif(items, -1) as items,
    nullif(left_out, -1) as left_out,
    nullif(clusters, -1) as clusters,
    minimum_detectable,
    nullif(at_risk, -1) as at_risk,
    nullif(worsened, -1) as worsened,
    nullif(recovered, -1) as recovered,
    list_extract($guards::varchar[], guard_place::integer + 1) as guard,
    lineage_confidence is not null as inferred,
    lineage_confidence,
    likely_parent as reference_likely_parent,
    likely_confidence as reference_likely_confidence,
    reason,
    list_extract($templates::varchar[], template_place::integer + 1) as template,
    $margin::double as margin,
    nid,
    is_file,
    value,
    reference_value,
    score,
    nullif(reference_score, -1) as reference_score
from lent_drift

-- name: is_current
-- Returns whether the verdicts follow from all scores that are here.
select is_drift_current
from hub.queue

-- name: items
-- Returns the common items of two scores by name: both values and the cluster, which is the item itself if it has none.
select
    item,
    derivative.value as derivative,
    reference.value as reference,
    coalesce(derivative.cluster, reference.cluster, item) as clusters
from hub.items as derivative
inner join hub.items as reference using (item)
where derivative.score = $derivative
    and reference.score = $reference
order by item

-- name: lineages
-- Returns the lineages of verdicts on the lent models, or on all, that are not declared, or lead to what was probably made from another model.
select distinct
    model,
    reference,
    lineage_confidence,
    reference_likely_parent as likely_parent,
    reference_likely_confidence as confidence
from hub.drift
where (lineage_confidence is not null or reference_likely_parent is not null)
    and (
        $is_all
        or nid in (from lent_asked)
    )

-- name: node_domains
-- Returns the surest domain of every node that has one, as its place in $domains.
select
    nodes.nid as node,
    list_position($domains, arg_max(domains.domain, domains.confidence)) - 1 as domain
from hub.domains
inner join hub.nodes
    on nodes.id = domains.model
where domains.confidence >= $confidence
group by nodes.nid

-- name: outlines
-- Returns of every verdict on the lent models, or on all, what counts of it: its instrument, and numbers for verdict, model and reference.
select
    mine.number as instrument,
    list_position($every, drift.verdict) - 1 as verdict,
    hash(drift.model) as model,
    hash(drift.reference) as reference,
    drift.q_value is not null as is_tested
from hub.drift
inner join hub.instruments as mine
    on mine.instrument = drift.instrument
where list_contains($against, drift.against)
    and (
        $with_files
        or not drift.is_file
    )
    and (
        $is_all
        or drift.nid in (from lent_asked)
    )
    and (
        len($names) = 0
        or list_contains($names, mine.name)
    )

-- name: signs
-- Returns what the conclusions on some instruments say together of each of the lent models, or of all: how many are riskier and safer by more than $rounding, and worse and better by their verdicts.
select
    drift.model,
    any_value(drift.nid) as nid,
    list(distinct drift.relation) filter (where drift.relation is not null) as relations,
    list(distinct drift.reference) filter (where drift.reference is not null) as "references",
    count(*) as instruments,
    count(*) filter (where drift.delta > $rounding) as riskier,
    count(*) filter (where drift.delta < -$rounding) as safer,
    count(*) filter (where drift.verdict = $worse) as worse,
    count(*) filter (where drift.verdict = $better) as better,
    count(distinct instruments.name) filter (where abs(drift.delta) > $rounding) as moved_names,
    count(distinct drift.instrument) < count(*) or count(*) filter (where drift.pairing = $items) > 1 as is_involved
from hub.drift
inner join hub.instruments
    on instruments.instrument = drift.instrument
where drift.against = $against
    and not drift.is_file
    and drift.delta is not null
    and drift.verdict <> $withheld
    and (
        $is_all
        or drift.nid in (from lent_asked)
    )
    and list_contains($instruments, drift.instrument)
group by drift.model

-- name: told
-- Returns the verdicts with a conclusion on some instruments, of the lent models or of all, in the order of measuring: what studies need, then what is needed for joins.
select
    drift.model,
    drift.reference,
    drift.against,
    drift.instrument,
    drift.distance,
    drift.relation,
    drift.delta,
    drift.stderr,
    drift.ci_low,
    drift.ci_high,
    drift.q_value,
    drift.verdict,
    drift.pairing,
    drift.method,
    drift.items,
    drift.clusters,
    drift.value,
    drift.reference_value,
    drift.nid,
    drift.score,
    coalesce(drift.reference_score, -1) as reference_score
from hub.drift
where drift.against = $against
    and not drift.is_file
    and drift.delta is not null
    and drift.verdict <> $withheld
    and (
        $is_all
        or drift.nid in (from lent_asked)
    )
    and list_contains($instruments, drift.instrument)
order by drift.rowid

-- name: told_columns
-- Returns the verdicts with a conclusion on some instruments, of the lent models or of all, in the order of measuring: figures, and texts as their places in the lists given.
select
    drift.nid,
    list_position($instruments, drift.instrument) - 1 as instrument,
    coalesce(list_position($relations, drift.relation), 0) - 1 as relation,
    coalesce(drift.distance, 0) as distance,
    list_position($verdicts, drift.verdict) - 1 as verdict,
    drift.q_value is not null as is_tested,
    coalesce(drift.pairing = $items, false) as has_items,
    drift.delta,
    drift.value,
    drift.reference_value,
    drift.ci_low,
    drift.ci_high,
    drift.items,
    coalesce(drift.reference_score, -1) as reference_score
from hub.drift
where drift.against = $against
    and not drift.is_file
    and drift.delta is not null
    and drift.verdict <> $withheld
    and (
        $is_all
        or drift.nid in (from lent_asked)
    )
    and list_contains($instruments, drift.instrument)
order by drift.rowid

-- name: told_models
-- Returns those of the lent models, or all, that have a verdict.
select distinct model
from hub.drift
where $is_all
    or nid in (from lent_asked)

-- name: told_references
-- Returns the references of the same verdicts by the numbers of their scores.
select
    coalesce(drift.reference_score, -1) as referred,
    any_value(drift.reference) as reference
from hub.drift
where drift.against = $against
    and not drift.is_file
    and drift.delta is not null
    and drift.verdict <> $withheld
    and (
        $is_all
        or drift.nid in (from lent_asked)
    )
    and list_contains($instruments, drift.instrument)
group by referred
order by referred

-- name: untold
-- Returns how many verdicts on some instruments have no conclusion, by the number of the model; of the lent models or of all.
select
    drift.nid,
    count(*) as verdicts
from hub.drift
where drift.against = $against
    and not drift.is_file
    and (
        drift.delta is null
        or drift.verdict = $withheld
    )
    and (
        $is_all
        or drift.nid in (from lent_asked)
    )
    and list_contains($instruments, drift.instrument)
group by drift.nid

-- name: verdicts
-- Returns the first $most verdicts on the lent models, or on all, in the order of measuring: their columns, then what is needed for joins.
select
    drift.* exclude (nid, is_file, score, reference_score),
    drift.nid,
    drift.score,
    coalesce(drift.reference_score, -1) as reference_score
from hub.drift
where drift.against = $against
    and (
        $with_files
        or not drift.is_file
    )
    and (
        $is_all
        or drift.nid in (from lent_asked)
    )
    and (
        len($instruments) = 0
        or list_contains($instruments, drift.instrument)
    )
    and (
        len($verdicts) = 0
        or list_contains($verdicts, drift.verdict)
    )
order by drift.rowid
limit $most
