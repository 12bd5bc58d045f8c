-- name: count
-- Returns what the database holds that is derived: sections of names and counts, with the order of the sections.
from hub.counted($listed)

-- name: count_rest
-- Returns what the database holds besides: scores, problems and history, in the same form.
select
    8 as position,
    'scores' as section,
    state as name,
    count(*) as value
from scores
group by state
union all
select
    8,
    'scores',
    case when id is null then 'models with scores that are not here' else 'models with scores' end,
    count(distinct coalesce(id, named))
from hub.scored_names
group by id is null
union all
select
    9,
    'problems',
    field || ': ' || problem,
    count(*)
from problems
group by all
union all
select
    10,
    'history',
    reason,
    count(*)
from history
group by reason

-- name: forget
-- Empties the kept counts before they are written again.
truncate hub.counts

-- name: keep
-- Keeps what `status/count` returns; what models say of their parents is counted by their numbers, which takes a quarter of the time.
insert into hub.counts
with carried as (
    select nodes.nid
    from hub.evidence
    inner join hub.edges
        on edges.child = evidence.child
        and edges.parent = evidence.carried_over_from
    inner join hub.nodes
        on nodes.id = evidence.child
    where evidence.carried_over_from is not null
),
lost as (
    select nid
    from hub.nodes
    where status = 'missing'
),
said as (
    select
        child as nid,
        bool_or(is_declared and parent not in (
            from lost
        )) as is_here,
        bool_or(is_declared) as is_declared
    from (
        select
            child,
            parent,
            not inferred or child in (
                from carried
            ) as is_declared
        from hub.links
    )
    group by child
)
from hub.counted($listed)
where position <> 7
union all
select
    7,
    'models by what they say of their parents',
    case
        when said.nid is null then 'no parent'
        when said.is_here then 'a parent that is here'
        when said.is_declared then 'only parents that are missing'
        else 'no parent, and one was inferred'
    end,
    count(*)
from hub.nodes
left join said using (nid)
where nodes.place is not null
    and nodes.status in ('present', 'private')
group by 3

-- name: kept
-- Returns the kept counts in the form of `status/count`, if they are those of the records as they are now.
from hub.counts
where exists (
    select 1
    from hub.derived
    where name = 'graph'
)
