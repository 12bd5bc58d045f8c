-- name: licences
-- Lists the edges whose two licences differ or are unknown, looser first (with $is_selected, only those of the lent children).
with known as (
    select
        models.id,
        lower(models.license) as license,
        models.downloads,
        coalesce(lent_licences.class, 'unknown') as class,
        lent_licences.rank
    from hub.models
    left join lent_licences
        on lent_licences.license = lower(models.license)
),
compared as (
    select
        edges.child,
        edges.parent,
        edges.relation,
        edges.inferred,
        case
            when child.rank is null then 'child_unknown'
            when parent.rank is null then 'parent_unknown'
            when child.rank < parent.rank then 'looser'
            when child.rank > parent.rank then 'stricter'
            else 'other'
        end as drift,
        child.license as child_license,
        child.class as child_class,
        parent.license as parent_license,
        coalesce(parent.class, 'unknown') as parent_class,
        child.downloads
    from hub.edges
    inner join known as child
        on child.id = edges.child
    left join known as parent
        on parent.id = edges.parent
    where (child.license is distinct from parent.license or child.rank is null)
        and (not $is_selected or edges.child in (
            select nodes.id
            from hub.nodes
            semi join lent_selected using (nid)
        ))
)
select
    child as model,
    drift,
    child_license as licence,
    parent_license as parent_licence,
    parent,
    relation,
    child_class as class,
    parent_class,
    downloads,
    inferred
from compared
where $drifts is null
    or list_contains($drifts, drift)
order by
    list_position(['looser', 'other', 'stricter', 'child_unknown', 'parent_unknown'], drift),
    downloads desc nulls last,
    model,
    parent
limit $limit
