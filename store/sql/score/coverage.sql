-- Lists the selected models with what they were measured on: instruments that are measured, stale or only reported.
with standing as (
    select
        standing.nid,
        standing.state,
        instruments.name,
        instruments.construct,
        scores.source,
        scores.measured_at
    from hub.standing
    inner join hub.instruments
        on instruments.number = standing.instrument
    inner join hub.scores
        on scores.number = standing.score
    semi join lent_selected using (nid)
),
gathered as (
    select
        nid,
        list_sort(list_distinct(list(name) filter (where state = 'measured'))) as measured,
        list_sort(list_distinct(list(name) filter (where state = 'stale'))) as stale,
        list_sort(list_distinct(list(name) filter (where state = 'reported'))) as reported,
        list_sort(list_distinct(list(construct) filter (where state = 'measured'))) as constructs,
        list_sort(list_distinct(list(source))) as sources,
        max(measured_at) as measured_at
    from standing
    group by nid
)
select
    nodes.id as model,
    case
        when len(gathered.measured) > 0
            then 'measured'
        when len(gathered.stale) > 0
            then 'stale'
        when len(gathered.reported) > 0
            then 'reported'
        else 'unscored'
    end as state,
    coalesce(gathered.measured, []) as measured,
    coalesce(gathered.stale, []) as stale,
    coalesce(gathered.reported, []) as reported,
    coalesce(gathered.constructs, []) as constructs,
    coalesce(gathered.sources, []) as sources,
    gathered.measured_at,
    models.downloads,
    nodes.status
from hub.nodes
semi join lent_selected using (nid)
left join gathered using (nid)
left join hub.models using (hub_id)
where $state is null
    or $state = case
        when len(gathered.measured) > 0
            then 'measured'
        when len(gathered.stale) > 0
            then 'stale'
        when len(gathered.reported) > 0
            then 'reported'
        else 'unscored'
    end
order by
    models.downloads desc nulls last,
    nodes.id
limit $limit
