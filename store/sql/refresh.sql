-- name: changed_since
-- Returns the lexicon of the last derivation if all that changed since is listed; no row else.
select value
from hub.derived
where name in ('graph', 'changed')

-- name: collect_recreated
-- Collects the repositories whose name now belongs to another, later repository; one with an `_id` is later than one without.
create or replace temp table recreated as
select hub_id
from hub.models
where id in (
    select id
    from hub.models
    group by id
    having count(*) > 1
)
qualify row_number() over (
    partition by id
    order by
        starts_with(hub_id, 'id:'),
        hub_id desc
) > 1

-- name: count_recreated
-- Counts the models whose name another repository has too.
select count(*) - count(distinct id)
from hub.models

-- name: count_recreated_of_changed
-- Counts the models whose name, among those that changed since the last derivation, another repository has too.
select count(*) - count(distinct id)
from hub.models
where id in (
    select id
    from hub.changed
)

-- name: drop_problems
-- Removes the problems of declarations before they are reported again.
delete from hub.problems
where field = 'lineage.parent'

-- name: drop_recreated
-- Removes the models whose name now belongs to another, later repository.
delete from hub.models
where hub_id in (
    from recreated
)

-- name: forget_changed
-- Empties the list of what changed since the derived tables were written.
truncate hub.changed

-- name: forget_derived
-- Empties the notes about the derived tables before they are written again, but for what was learned when.
delete from hub.derived
where name <> 'learned'

-- name: forget_seen_again
-- Forgets that models were seen again as they are stored.
delete from hub.derived
where name = 'seen again'

-- name: freshness
-- Returns the lexicon of the last derivation; no row if records have come since.
select value
from hub.derived
where name = 'graph'

-- name: is_seen_again
-- Returns whether models were seen again, as they are stored, since the times in the derived tables were written.
select count(*) > 0
from hub.derived
where name = 'seen again'

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

-- name: mark_arrays_as
-- Writes the fingerprint of arrays that were brought up to date.
insert into hub.derived
values ('arrays', $fingerprint, $derived_at)

-- name: mark_fresh
-- Writes that the derived tables are up to date, and with which lexicon.
insert into hub.derived
values
    ('graph', $lexicon, $derived_at),
    ('declarations', $lexicon, $derived_at)

-- name: see_declarations_again
-- Updates when the declarations of records were last seen; those of files were when the file was fetched.
update hub.declarations
set last_seen_at = models.last_seen_at
from hub.models
where models.id = declarations.child
    and models.last_seen_at > declarations.last_seen_at
    and (
        declarations.evidence in ('tag', 'hub', 'config')
        or (
            declarations.evidence = 'card'
            and models.card_parent <> 'null'
        )
    )

-- name: see_edges_again
-- Updates when the evidence of edges was last seen.
update hub.edges
set last_seen_at = latest.last_seen_at
from (
    select
        child,
        parent,
        inferred,
        max(last_seen_at) as last_seen_at
    from hub.evidence
    where carried_over_from is null
    group by all
) as latest
where latest.child = edges.child
    and latest.parent = edges.parent
    and latest.inferred = edges.inferred
    and latest.last_seen_at > edges.last_seen_at

-- name: see_evidence_again
-- Updates when the evidence that records give was last seen.
update hub.evidence
set last_seen_at = models.last_seen_at
from hub.models
where models.id = evidence.child
    and models.last_seen_at > evidence.last_seen_at
    and (
        evidence.inferred
        or evidence.kind in ('tag', 'hub', 'config')
        or (
            evidence.kind = 'card'
            and models.card_parent <> 'null'
        )
    )

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
