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
-- Keeps what `status/count` returns.
insert into hub.counts
from hub.counted($listed)

-- name: kept
-- Returns the kept counts in the form of `status/count`, if they are those of the records as they are now.
from hub.counts
where exists (
    select 1
    from hub.derived
    where name = 'graph'
)
