-- Says what the database holds: sections of names and counts.
with counted as (
    select
        1 as position,
        'models' as section,
        status as name,
        count(*) as value
    from models
    group by status
    union all
    select
        2,
        'domains, own signs and a confidence of 0.5 or more',
        domain,
        count(*)
    from domains
    where basis = 'own'
        and confidence >= 0.5
    group by domain
    union all
    select
        3,
        'domains, own signs that are weaker',
        domain,
        count(*)
    from domains
    where basis = 'own'
        and confidence < 0.5
    group by domain
    union all
    select
        4,
        'domains, inherited',
        domain,
        count(*)
    from domains
    where basis = 'inherited'
    group by domain
    union all
    select
        5,
        'edges by relation',
        relation,
        count(*)
    from edges
    group by relation
    union all
    select
        6,
        'edges by how the parent was found',
        resolution,
        count(*)
    from edges
    group by resolution
    union all
    select
        7,
        'declared bases',
        'models with a parent',
        count(distinct child)
    from edges
    union all
    select
        7,
        'declared bases',
        'models without',
        count(*)
    from models
    where status in ('present', 'private')
        and id not in (
            select child
            from edges
        )
    union all
    select
        8,
        'problems',
        field || ': ' || problem,
        count(*)
    from problems
    group by all
    union all
    select
        9,
        'history',
        reason,
        count(*)
    from history
    group by reason
)
select
    section,
    name,
    cast(value as varchar) as value
from counted
order by
    position,
    counted.value desc,
    name
