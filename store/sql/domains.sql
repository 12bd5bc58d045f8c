-- name: clear_domains
-- Removes the domains that are written again: all inherited ones, and those by own signs of models without a record.
delete from hub.domains
where (basis = 'inherited' and is_kin(model))
    or is_changed(model)
    or model not in (
        select id
        from hub.models
        where id in (
            select model
            from hub.domains
        )
    )

-- name: clear_lexicon_additions
-- Forgets the lexicon file that was read on top of the one that ships.
truncate hub.lexicon_additions

-- name: clear_lexicon_domains
-- Forgets the domains of the lexicon.
truncate hub.lexicon_domains

-- name: insert_inherited_domains
-- Writes the domain that models inherit from their nearest ancestor that shows it by its own signs.
insert into hub.domains
select
    nodes.id,
    $domain,
    'inherited',
    lent.confidence,
    list_concat(
        ['ancestor:' || ancestor.id, 'distance:' || lent.distance, 'path:' || lent.path],
        case when lent.inferred > 0 then ['inferred edges:' || lent.inferred] else [] end
    )
from lent_inherited as lent
inner join hub.nodes
    on nodes.nid = lent.nid
inner join hub.nodes as ancestor
    on ancestor.nid = lent.ancestor

-- name: insert_lexicon_additions
-- Keeps the text of the lexicon file that was read on top of the one that ships.
insert into hub.lexicon_additions
values ($text)

-- name: insert_lexicon_domains
-- Keeps the lent domains, each with its place.
insert into hub.lexicon_domains
select
    place,
    name,
    title,
    colour,
    risk
from lent_lexicon_domains

-- name: insert_own_domains
-- Writes the domains that models show by their own signs.
insert into hub.domains
select
    model,
    domain,
    'own',
    confidence,
    signals
from lent_domains

-- name: list_candidates
-- Lists the lent models, the lent parents known by name alone, and the models with a tag that may be a sign of a domain: a superset of those that show one, to be judged one by one.
with tagged as (
    select
        hub_id,
        unnest(tags) as tag
    from changed_models()
),
written as (
    select
        tag,
        lower(trim(tag)) as plain
    from (
        select distinct tag
        from tagged
    )
),
telling as (
    select tag
    from written
    where plain in (
            select unnest(cast($tags as varchar[]))
        )
        or (
            starts_with(plain, 'dataset:')
            and (
                regexp_matches(plain, $tag_pattern)
                or len(list_filter(cast($tag_prefixes as varchar[]), lambda prefix: starts_with(plain, prefix))) > 0
            )
        )
),
topical as (
    select distinct hub_id
    from tagged
    semi join telling using (tag)
)
select
    id,
    coalesce(tags, []),
    coalesce(card_languages, []),
    library,
    pipeline_tag
from changed_models()
where id in (
        select id
        from lent_candidates
    )
    or hub_id in (
        select hub_id
        from topical
    )
union all
select
    id,
    [],
    [],
    null,
    null
from hub.nodes
where hub_id is null
    and id in (
        select id
        from lent_candidates
    )

-- name: list_lexicon_domains
-- Returns the domains of the lexicon by which models were judged last, in its order.
select
    name,
    title,
    colour,
    risk
from hub.lexicon_domains
order by place

-- name: list_matching_ids
-- Lists the ids of models, and of parents known by name alone, that match a pattern in lower case.
with unseen as materialized (
    select id
    from hub.nodes
    where hub_id is null
)
select id
from changed_models()
where regexp_matches(lower(id), $pattern)
union all
select id
from unseen
where regexp_matches(lower(id), $pattern)

-- name: names
-- Returns the names of domains that begin with $front in the lexicon's order, at most $length letters of each.
select left(name, $length) as value
from hub.lexicon_domains
where starts_with(name, $front)
group by value
order by min(place)
limit $most

-- name: own_domain_nodes
-- Returns the numbers of the models that show domains by their own signs, at least so surely.
select
    domains.domain,
    nodes.nid,
    domains.confidence
from hub.domains
inner join hub.nodes
    on nodes.id = domains.model
where is_kin(domains.model)
    and domains.basis = 'own'
    and domains.confidence >= $confidence
order by nodes.nid

-- name: read_lexicon_additions
-- Returns the text of the lexicon file that was read on top of the one that ships; no row where none was.
select text
from hub.lexicon_additions
