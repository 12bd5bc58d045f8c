-- name: collect_recreated
-- Collects the repositories whose name now belongs to another, later repository.
create or replace temp table recreated as
select hub_id
from hub.models
where id in (
    select id
    from hub.models
    group by id
    having count(*) > 1
)
qualify row_number() over (partition by id order by hub_id desc) > 1

-- name: count_recreated
-- Counts the models whose name another repository has too.
select count(*) - count(distinct id)
from hub.models

-- name: drop_problems
-- Removes the problems of declarations and of the graph before they are reported again.
delete from hub.problems
where starts_with(field, 'lineage.')

-- name: drop_recreated
-- Removes the models whose name now belongs to another, later repository.
delete from hub.models
where hub_id in (
    from recreated
)

-- name: forget_derived
-- Empties the notes about the derived tables before they are written again.
truncate hub.derived

-- name: freshness
-- Returns the lexicon of the last derivation; no row if records have come since.
select value
from hub.derived
where name = 'graph'

-- name: keep_recreated
-- Keeps the record of a repository whose name now belongs to another, later repository.
insert into hub.history
select
    hub_id,
    id,
    sha,
    'recreated',
    last_seen_at,
    last_seen_at,
    crawl,
    body
from hub.models
where hub_id in (
    from recreated
)

-- name: mark_arrays
-- Writes a fingerprint of the numbered models, their downloads and edges; arrays of them are current while it stays the same.
insert into hub.derived
select
    'arrays',
    format(
        '{:x}-{:x}',
        (
            select coalesce(bit_xor(hash(nodes.nid, nodes.id, models.downloads)), 0)
            from hub.nodes
            left join hub.models
                on models.hub_id = nodes.hub_id
        ),
        (
            select coalesce(bit_xor(hash(child, parent, relation)), 0)
            from hub.links
        )
    ),
    $derived_at

-- name: mark_fresh
-- Writes that the derived tables are up to date, and with which lexicon.
insert into hub.derived
values
    ('graph', $lexicon, $derived_at),
    ('declarations', $lexicon, $derived_at)

-- name: self_problems
-- Reports the models that name themselves as parent, once each.
insert into hub.problems
select
    models.hub_id,
    models.id,
    'lineage.parent',
    'names itself as parent',
    min(declarations.declared_as),
    any_value(models.crawl)
from hub.declarations
inner join hub.resolutions using (named)
inner join hub.models
    on models.id = declarations.child
where resolutions.parent = declarations.child
group by
    models.hub_id,
    models.id

-- name: unread_problems
-- Reports the declarations that name no model, with the reason.
insert into hub.problems
select
    models.hub_id,
    models.id,
    'lineage.parent',
    'names no model: ' || declarations.reason,
    declarations.declared_as,
    models.crawl
from hub.declarations
inner join hub.models
    on models.id = declarations.child
where declarations.named is null
