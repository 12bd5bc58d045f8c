-- Says what the database holds: sections of names and counts, and the share of its section where that says something.
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
        'models by what they say of their parents',
        case
            when said.is_here then 'a parent that is here'
            when said.is_declared then 'only parents that are missing'
            when said.is_declared is not null then 'no parent, and one was inferred'
            else 'no parent'
        end,
        count(*)
    from models
    left join (
        select
            child as id,
            bool_or(parent_status <> 'missing' and not inferred) as is_here,
            bool_or(not inferred) as is_declared
        from edges
        group by child
    ) as said using (id)
    where models.status in ('present', 'private')
    group by 3
    union all
    select
        8,
        'scores',
        state,
        count(*)
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
)
select
    section,
    name,
    value,
    case
        when position in (5, 6, 7)
            then value / sum(value) over (partition by position)
    end as share
from counted
order by
    position,
    counted.value desc,
    name
