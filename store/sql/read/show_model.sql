-- Returns everything that is known of one model: sections of names and values.
with model as (
    select *
    from models
    where id = $id
    limit 1
),
fields as (
    select
        1 as position,
        unnest(range(20)) as ordinal,
        'model' as section,
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
    from model
),
other_names as (
    select
        2 as position,
        row_number() over (order by alias) as ordinal,
        'other names' as section,
        alias as name,
        evidence as value
    from aliases
    where id = $id
),
topics as (
    select
        3 as position,
        row_number() over (order by domain) as ordinal,
        'domains' as section,
        domain || ' (' || basis || ', ' || printf('%.2f', confidence) || ')' as name,
        array_to_string(signals, ', ') as value
    from domains
    where model = $id
),
parents as (
    select
        4 as position,
        row_number() over (order by parent) as ordinal,
        'parents' as section,
        parent as name,
        case
            when inferred then 'inferred, not declared: ' || relation || ' (by ' || relation_reason || '), rule '
                || rule || ', confidence ' || printf('%.2f', confidence) || ', parent is ' || parent_status
                || ', from "' || declared_as || '"'
            else relation || ' (by ' || relation_reason || '), evidence ' || evidence || ', confidence '
                || printf('%.2f', confidence) || ', found ' || resolution || ', parent is ' || parent_status
                || coalesce(', written "' || nullif(declared_as, '') || '"', '')
        end
        || coalesce(
            ', itself only a copy of ' || original || case when original_inferred then ' (inferred)' else '' end,
            ''
        ) as value
    from edges
    where child = $id
),
newer as (
    select
        2 as position,
        100 + row_number() over (order by model) as ordinal,
        'versions' as section,
        case when model = $id then 'newer' else 'older' end as name,
        case when model = $id then new_version else model end
        || case when resolution = 'found' then '' else ' (' || resolution || ')' end as value
    from new_versions
    where model = $id
        or new_version = $id
),
said as (
    select
        5 as position,
        row_number() over (order by evidence, declared_as) as ordinal,
        'declarations' as section,
        evidence || ' says' as name,
        '"' || declared_as || '"' || coalesce(', relation ' || relation, '')
        || coalesce(', leads to ' || parent || ' (' || resolution || ')', ', names no model: ' || reason) as value
    from declarations
    where child = $id
),
weak as (
    select
        5 as position,
        100 + row_number() over (order by confidence desc, parent) as ordinal,
        'possible parents' as section,
        parent as name,
        'inferred, makes no edge: rule ' || rule || ', confidence ' || printf('%.2f', confidence)
        || ', from "' || declared_as || '"' as value
    from evidence
    where child = $id
        and inferred
        and not is_edge
),
judged as (
    select
        5 as position,
        200 + row_number() over (order by made_at) as ordinal,
        'corrections' as section,
        parent as name,
        case verdict
            when 'reject' then 'rejected'
            else 'added' || coalesce(' as ' || relation, '')
        end || ' by hand on ' || strftime(made_at, '%Y-%m-%d') || coalesce(': ' || note, '') as value
    from corrections
    where child = $id
        or child in (
            select alias
            from aliases
            where id = $id
        )
),
family as (
    select
        6 as position,
        unnest(range(6)) as ordinal,
        'family' as section,
        unnest([
            'root', 'generations below it', 'other roots', 'models in the family', 'derivatives, all generations',
            'downloads with theirs'
        ]) as name,
        unnest([
            families.root || case when families.inferred then ' (over inferred edges)' else '' end,
            cast(families.depth as varchar),
            (
                select string_agg(
                    root || ' (' || distance || case when inferred then ', inferred)' else ')' end,
                    ', ' order by distance, root
                )
                from hub.other_roots
                where model = $id
            ),
            families.family_size || (
                select case when count(*) > 0 then ', ' || count(*) || ' of them inferred' else '' end
                from families as member
                where member.root = families.root
                    and member.inferred
            ),
            exposure.derivatives
            || case when exposure.inferred > 0 then ', ' || exposure.inferred || ' of them inferred' else '' end,
            cast(exposure.exposure as varchar)
        ]) as value
    from families
    inner join exposure
        on exposure.model = families.model
    where families.model = $id
        and exposure.model = $id
),
children as (
    select
        7 as position,
        row_number() over (order by relation) as ordinal,
        'derivatives' as section,
        relation as name,
        count(*) || case
            when bool_or(inferred) then ', ' || count(*) filter (where inferred) || ' of them inferred'
            else ''
        end as value
    from edges
    where parent = $id
    group by relation
),
known_scores as (
    select
        7 as position,
        100 + row_number() over (order by instruments.name, scores.is_standing desc, scores.run) as ordinal,
        'scores' as section,
        instruments.name as name,
        printf('%.4g', scores.value) || coalesce(' over ' || scores.items || ' items', '')
        || coalesce(', judged by ' || instruments.judge, '') || ', ' || scores.state || ', from ' || scores.source
        || coalesce(', ' || strftime(scores.measured_at, '%Y-%m-%d'), '')
        || case when scores.is_standing then '' else ', another one counts' end as value
    from scores
    inner join instruments using (instrument)
    where scores.model = $id
),
moved as (
    select
        7 as position,
        200 + row_number() over (order by instruments.name, drift.reference) as ordinal,
        'drift from the nearest scored ancestor, in points; positive is riskier or less able' as section,
        instruments.name as name,
        case drift.verdict
            when 'withheld' then drift.reason
            else drift.verdict || printf(', %+.1f points from ', drift.delta) || drift.reference
                || printf(' (%+.1f to %+.1f)', drift.ci_low, drift.ci_high)
                || coalesce(', ' || drift.items || case drift.pairing when 'items' then ' common' else '' end || ' items', '')
        end as value
    from drift
    inner join instruments using (instrument)
    where drift.model = $id
        and drift.against = 'scored_ancestor'
),
trouble as (
    select
        8 as position,
        row_number() over (order by field, problem) as ordinal,
        'problems' as section,
        field as name,
        problem || coalesce(': ' || value, '') as value
    from problems
    where model = $id
),
past as (
    select
        9 as position,
        row_number() over (order by replaced_at) as ordinal,
        'history' as section,
        reason as name,
        coalesce(revision, '') || ' until ' || strftime(replaced_at, '%Y-%m-%d %H:%M') as value
    from history
    where hub_id in (
        select hub_id
        from model
    )
),
gathered as (
    from fields
    union all
    from other_names
    union all
    from newer
    union all
    from topics
    union all
    from parents
    union all
    from said
    union all
    from weak
    union all
    from judged
    union all
    from family
    union all
    from children
    union all
    from known_scores
    union all
    from moved
    union all
    from trouble
    union all
    from past
)
select
    section,
    name,
    value
from gathered
where coalesce(value, '') <> ''
order by
    position,
    ordinal
