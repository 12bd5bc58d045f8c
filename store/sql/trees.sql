-- name: contradicted
-- Lists the edges from and to the models in $ids that their weights contradict, those too that a person added.
select
    child,
    parent,
    false as is_edge
from hub.contradicted_edges
where weights = 'contradicted'
    and (
        child in (
            select unnest(cast($ids as varchar[]))
        )
        or parent in (
            select unnest(cast($ids as varchar[]))
        )
    )
union all
select
    edges.child,
    edges.parent,
    true
from hub.weight_pairs as pairs
inner join hub.edges
    on least(edges.child, edges.parent) = pairs.a
    and greatest(edges.child, edges.parent) = pairs.b
where pairs.contradicts
    and edges.evidence = 'human'
    and edges.relation <> 'merge'
    and edges.child in (
        select unnest(cast($ids as varchar[]))
    )
order by all

-- name: direction_edited
-- Lists those of the models in $ids of which a close reading says $finding.
select distinct model
from hub.weight_findings
where finding = $finding
    and model in (
        select unnest(cast($ids as varchar[]))
    )

-- name: edges
-- Returns the edges to the parents of the lent models with $is_up, else those to their children.
select
    edges.parent,
    edges.child,
    edges.relation,
    edges.evidence,
    edges.inferred,
    edges.confidence
from hub.edges
inner join hub.nodes
    on nodes.id = case when $is_up then edges.child else edges.parent end
semi join lent_members using (nid)
order by
    edges.parent,
    edges.child

-- name: inferred_children
-- Counts the inferred edges to each of the models in $ids that has some.
select
    parent,
    count(*) as inferred
from hub.edges
where inferred
    and parent in (
        select unnest(cast($ids as varchar[]))
    )
group by parent

-- name: tree_nodes
-- Returns what a tree shows of the models in $ids, whose numbers are $numbers in the same order, -1 for none.
-- A record is in the row that `hub.nodes` notes, or if it moved since, found by a scan.
with wanted as (
    select unnest(cast($ids as varchar[])) as id
),
named as materialized (
    select
        id,
        status,
        hub_id,
        place
    from hub.nodes
    where nid in (
        select unnest(cast($numbers as integer[]))
    )
),
placed as materialized (
    select
        id,
        downloads,
        gated
    from hub.models
    where rowid in (
        select place
        from named
        where hub_id is not null
    )
),
recorded as (
    from placed
    where id in (
        select id
        from wanted
    )
    union all
    select
        id,
        downloads,
        gated
    from hub.models
    where id in (
        select id
        from named
        where hub_id is not null
            and id not in (
                select id
                from placed
            )
    )
),
topics as (
    select
        model as id,
        list(domain || case when basis = 'inherited' then '*' else '' end order by domain) as domains
    from hub.domains
    where model in (
            select id
            from wanted
        )
        and (
            basis = 'inherited'
            or confidence >= $listed
        )
    group by model
),
parents as (
    select
        child as id,
        count(*) as parents,
        arg_min(
            relation,
            list_position(cast($relations as varchar[]), relation)
        ) as relation,
        bool_and(inferred) as inferred,
        bool_and(evidence = 'curated') as curated
    from hub.edges
    where child in (
        select id
        from wanted
    )
    group by child
)
select
    wanted.id,
    parents.relation,
    coalesce(topics.domains, []),
    models.downloads,
    case
        when named.status = 'present' and hub.is_gated(models.gated) then 'gated'
        else named.status
    end,
    coalesce(parents.parents, 0),
    coalesce(parents.inferred, false),
    coalesce(parents.curated, false)
from wanted
left join named using (id)
left join recorded as models using (id)
left join topics using (id)
left join parents using (id)
