-- name: contradicted
-- Returns the parents that the weights of a model contradict, and the models that are said to be made from it and whose weights contradict that.
select
    parent as name,
    'by weights not its parent: ' || relation || ', evidence ' || evidence || ', confidence ' || printf('%.2f', confidence)
    || coalesce(', written "' || nullif(declared_as, '') || '"', '') || ', weights: ' || weights || coalesce(': ' || reason, '') as value
from contradicted_edges
where child = $id
union all
select
    child,
    'by weights not made from this model: ' || relation || ', evidence ' || evidence || ', weights: ' || weights
from hub.contradicted_edges
where parent = $id
order by all

-- name: corrections
-- Returns what people said about the parents of a model, under any of its $names, the oldest first.
select
    parent as name,
    case verdict
        when 'reject' then 'rejected'
        else 'added' || coalesce(' as ' || relation, '')
    end || ' by hand on ' || strftime(made_at, '%Y-%m-%d') || coalesce(': ' || note, '') as value
from hub.corrections
where list_contains(cast($names as varchar[]), child)
order by made_at

-- name: count_derivatives
-- Returns how many models of all generations were made from a model.
select derivatives
from hub.reach
where model = $id

-- name: declarations
-- Returns what places say about the parents of a model.
with declared as materialized (
    from hub.declarations
    where child = $id
),
resolutions as (
    from hub.resolutions
    where named in (
        select named
        from declared
    )
)
select
    evidence || ' says' as name,
    '"' || declared_as || '"' || coalesce(', relation ' || relation, '')
    || coalesce(', leads to ' || parent || ' (' || resolution || ')', ', names no model: ' || reason)
    || coalesce(', declared on a copied card: that of ' || carried.original, '') as value
from declared as declarations
left join resolutions using (named)
left join (
    select distinct
        kind,
        declared_as as written,
        carried_over_from as original
    from hub.evidence
    where child = $id
        and carried_over_from is not null
) as carried
    on carried.kind = declarations.evidence
    and carried.written = declarations.declared_as
order by
    evidence,
    declared_as

-- name: derivatives
-- Returns how many derivatives a model has by each relation.
select
    relation as name,
    count(*) || case
        when bool_or(inferred) then ', ' || count(*) filter (where inferred) || ' of them inferred'
        else ''
    end as value
from hub.edges
where parent = $id
group by relation
order by relation

-- name: domains
-- Returns the domains of a model with their signals.
select
    domain || ' (' || basis || ', ' || printf('%.2f', confidence) || ')' as name,
    array_to_string(signals, ', ') as value
from domains
where model = $id
order by domain

-- name: drift
-- Returns how far a model and its files, or one of these, moved from the nearest scored ancestor, one row per instrument and, for a merge, scored parent.
select
    instruments.name || drift.model[strlen($id) + 1:] as name,
    instruments.construct,
    instruments.direction,
    drift.verdict,
    drift.delta,
    drift.ci_low,
    drift.ci_high,
    drift.reference,
    drift.items,
    drift.pairing = 'items' as is_paired,
    drift.reason
from drift
inner join instruments using (instrument)
where starts_with(drift.model, $id)
    and hub.repository_of(drift.model) = $id
    and ($variant is null or drift.model = $id || $variant)
    and drift.against = 'scored_ancestor'
order by
    drift.model,
    instruments.name,
    drift.reference

-- name: family
-- Returns where a model stands in the graph, and what descends from it; $place is the row of its record.
select
    unnest([
        'root', 'depth', 'other roots', 'models in the family', 'derivatives, all generations', 'downloads with theirs'
    ]) as name,
    unnest([
        families.root || case when families.inferred then ' (over inferred edges)' else '' end,
        case
            when families.depth = 0 then '0 (this model is the root)'
            else cast(families.depth as varchar)
        end,
        (
            select string_agg(
                root || ' (' || distance || case when inferred then ', inferred)' else ')' end,
                ', ' order by distance, root
            )
            from hub.other_roots
            where model = $id
        ),
        families.family_size || coalesce(
            (
                select ', ' || nullif(family_inferred, 0) || ' of them inferred'
                from hub.reach
                where model = $root
            ),
            ''
        ),
        coalesce(reach.derivatives, 0)
        || case when reach.inferred > 0 then ', ' || reach.inferred || ' of them inferred' else '' end,
        cast(
            coalesce(
                reach.exposure,
                (
                    select downloads
                    from hub.models
                    where rowid = $place
                ),
                0
            ) as varchar
        )
    ]) as value
from hub.families
left join hub.reach
    on reach.model = $id
where families.model = $id

-- name: held
-- Returns the names of the statements here that may have rows for a model, of those whose tables are often empty or hold nothing of it.
(
    select 'other_names' as name
    from hub.aliases
    limit 1
)
union all
(
    select 'contradicted'
    from hub.contradicted_edges
    limit 1
)
union all
(
    select 'corrections'
    from hub.corrections
    limit 1
)
union all
(
    select 'derivatives'
    from hub.reach
    where model = $id
    limit 1
)
union all
(
    select 'history'
    from hub.history
    limit 1
)
union all
(
    select 'possible_parents'
    from hub.evidence
    where child = $id
        and inferred
    limit 1
)
union all
(
    select 'scores'
    from hub.scored_names
    where coalesce(id, repository) = $id
    limit 1
)
union all
(
    select 'weights'
    from hub.weight_files
    limit 1
)
union all
(
    select 'weights'
    from hub.weight_mixtures
    limit 1
)
union all
(
    select 'weights'
    from hub.weight_pairs
    limit 1
)

-- name: history
-- Returns what changed in the record at $place and when, the oldest change first.
select
    reason as name,
    coalesce(revision, '') || ' until ' || strftime(replaced_at, '%Y-%m-%d %H:%M') as value
from history
where hub_id in (
    select hub_id
    from hub.models
    where rowid = $place
)
order by replaced_at

-- name: likely_parent
-- Returns the likeliest parent of a model that has none.
select parent
from hub.likely_parents
where model = $id

-- name: model
-- Returns the fields of a model, whose record is at $place.
select
    unnest([
        'id', 'status', 'why', 'author', 'created', 'modified', 'revision', 'library', 'task', 'license', 'gated',
        'parameters', 'downloads', 'downloads all time', 'likes', 'languages', 'data sets', 'reported results',
        'first seen', 'last seen'
    ]) as name,
    unnest([
        id, status, status_evidence, author, strftime(created_at, '%Y-%m-%d %H:%M'),
        strftime(last_modified_at, '%Y-%m-%d %H:%M'), revision, library, pipeline_tag, license, gated,
        cast(parameters as varchar), cast(downloads as varchar), cast(downloads_all_time as varchar),
        cast(likes as varchar), array_to_string(languages, ', '), array_to_string(datasets, ', '),
        cast(reported_results as varchar), strftime(first_seen_at, '%Y-%m-%d %H:%M'),
        strftime(last_seen_at, '%Y-%m-%d %H:%M')
    ]) as value
from (
    from hub.placed_models()
    where id = $id
        and place = $place
    limit 1
)

-- name: other_names
-- Returns the former names of the model whose record is at $place.
select
    alias as name,
    evidence as value
from hub.aliases
where hub_id = (
        select hub_id
        from hub.models
        where rowid = $place
    )
    and alias <> $id
order by alias

-- name: parents
-- Returns the parents of a model with the evidence of each edge.
select
    parent as name,
    case
        when inferred then 'inferred, not declared: ' || relation || ' (by ' || relation_reason || '), rule '
            || rule || ', confidence ' || printf('%.2f', confidence) || ', parent is ' || parent_status
            || ', from "' || declared_as || '"'
        when evidence = 'curated' then 'curated, not declared: ' || relation || ' (by ' || relation_reason
            || '), confidence ' || printf('%.2f', confidence) || ', found ' || resolution || ', parent is '
            || parent_status || ', from ' || declared_as
        else relation || ' (by ' || relation_reason || '), evidence ' || evidence || ', confidence '
            || printf('%.2f', confidence) || ', found ' || resolution || ', parent is ' || parent_status
            || coalesce(', written "' || nullif(declared_as, '') || '"', '')
    end
    || coalesce(
        ', itself only a copy of ' || original || case when original_inferred then ' (inferred)' else '' end,
        ''
    )
    || coalesce(', weights: ' || weights || coalesce('; ' || findings, ''), '') as value
from edges
where child = $id
order by parent

-- name: possible_parents
-- Returns the inferred parents of a model that made no edge, the likeliest first.
select
    parent as name,
    'inferred, makes no edge: rule ' || rule || ', confidence ' || printf('%.2f', confidence)
    || ', from "' || declared_as || '"' || coalesce(', weights: ' || weights, '') as value
from evidence
where child = $id
    and inferred
    and not is_edge
    and parent not in (
        select parent
        from hub.contradicted_edges
        where child = $id
    )
order by
    confidence desc,
    parent

-- name: problems
-- Returns what could not be read in a model's record, and other problems with it.
select
    field as name,
    problem || coalesce(': ' || value, '') as value
from problems
where model = $id
order by
    field,
    problem

-- name: root
-- Returns the nearest root of a model.
select root
from hub.families
where model = $id

-- name: scores
-- Returns the scores of a model, or of one file of it, the current one of each instrument first; its record is at $place.
with named as materialized (
    from hub.scored_names
    where coalesce(id, repository) = $id
        and ($variant is null or variant = $variant)
),
scores as materialized (
    from hub.scores
    where named in (
        select number
        from named
    )
),
standing as (
    from hub.standing
    where score in (
        select number
        from scores
    )
),
known as (
    select
        scores.*,
        scored_names.variant,
        case
            when rejected_scores.run is not null
                then 'rejected'
            when contradictory.score is not null
                then 'contradictory'
            else hub.score_state(
                scores.is_reported,
                scores.revision,
                scores.measured_at,
                case when scored_names.id is not null then record.sha end,
                case when scored_names.id is not null then record.last_modified_at end
            )
        end as state,
        standing.score is not null or contradictory.score is not null as is_standing,
        rejected_scores.note
    from named as scored_names
    inner join scores
        on scores.named = scored_names.number
    left join (
        select
            sha,
            last_modified_at
        from hub.models
        where rowid = $place
    ) as record
        on true
    left join standing
        on standing.score = scores.number
    left join hub.contradictory
        on contradictory.score = scores.number
    left join hub.rejected_scores() as rejected_scores
        on rejected_scores.run = scores.run
)
select
    instruments.name || known.variant as name,
    printf('%.4g', known.value) || coalesce(' over ' || known.items || ' items', '')
    || coalesce(', judged by ' || instruments.judge, '') || ', ' || known.state || ', from '
    || case when known.state = 'contradictory' then known.origin else known.source end
    || coalesce(', ' || strftime(known.measured_at, '%Y-%m-%d'), '')
    || case
        when known.note is not null
            then ': ' || known.note
        when known.is_standing or known.state = 'rejected'
            then ''
        else ', another one counts'
    end as value
from known
inner join hub.instruments
    on instruments.number = known.instrument
order by
    known.variant,
    instruments.name,
    known.is_standing desc,
    known.run

-- name: versions
-- Returns the newer model that a model's card names, and the models whose cards name this one by one of its $names.
select
    case when model = $id then 'newer' else 'older' end as name,
    case when model = $id then new_version else model end
    || case when resolution = 'found' then '' else ' (' || resolution || ')' end as value
from new_versions
where (model = $id or list_contains(cast($names as varchar[]), declared_as))
    and (model = $id or new_version = $id)
order by model

-- name: weights
-- Returns what the weights of a model and of others say of their origin, without its parents and what they contradict, the most alike first; what it is a mixture of; and why they were not read.
select
    name,
    value
from (
    select
        if(a = $id, b, a) as name,
        if(contradicts, 'contradicted', verdict) || coalesce(', p = ' || p, '') || ': ' || reason
        || coalesce('; ' || findings, '') as value,
        equal_share,
        change
    from hub.weight_pairs
    where $id in (a, b)
        and not exists (
            select 1
            from hub.edges
            where edges.child = $id
                and edges.parent in (a, b)
        )
        and not exists (
            select 1
            from hub.contradicted_edges as contradicted
            where contradicted.child in (a, b)
                and contradicted.parent in (a, b)
        )
    union all
    select
        verdict,
        string_agg(
            coalesce(format('{:.2f} ', weight), '') || parent || if(is_base, ' (base)', ''),
            ', '
            order by
                is_base,
                weight desc,
                parent
        ) || coalesce(': ' || any_value(reason), ''),
        null,
        null
    from hub.weight_mixtures
    where model = $id
    group by verdict
    union all
    select
        'not read',
        unread,
        0,
        0
    from hub.weight_files
    where model = $id
        and unread is not null
)
order by
    equal_share desc nulls first,
    change,
    name
