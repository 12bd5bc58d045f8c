-- name: count_models
-- Counts the stored models.
select count(*)
from hub.models

-- name: crawls
-- Lists the last crawls, the latest first.
select
    crawl,
    scope,
    state,
    started_at,
    finished_at,
    requests,
    records,
    bytes,
    notes
from crawls
order by crawl desc
limit $limit

-- name: find_exact
-- Returns the id of the model that has a name, or had it; with $is_derived the numbered models are all there are.
select id
from (
    select
        id,
        1 as position
    from hub.nodes
    where $is_derived
        and id = $name
    union all
    select
        id,
        1
    from models
    where not $is_derived
        and id = $name
        and status <> 'renamed'
    union all
    select
        id,
        2
    from aliases
    where alias = $name
)
order by
    position,
    id
limit 1

-- name: find_model
-- Returns the id of the model that a name which no model has or had leads to: the name in other capitals, or a bare name from before 2022, such as gpt2.
select id
from (
    select
        id,
        3 as position
    from models
    where lower(id) = lower($name)
        and status <> 'renamed'
    union all
    select
        parent,
        if(named = $name, 4, 5)
    from hub.resolutions
    where lower(named) = lower($name)
        and resolution = 'legacy'
)
order by
    position,
    id
limit 1

-- name: former_names
-- Returns the former names of the model whose record is at $place.
select alias
from hub.aliases
where hub_id = (
    select hub_id
    from hub.models
    where rowid = $place
)

-- name: freshness
-- Returns when the newest record was seen, and when the graph was derived; null if records came since.
select
    max(last_seen_at),
    (
        select max(derived_at)
        from hub.derived
        where name = 'graph'
    )
from hub.models

-- name: freshness_rows
-- Returns how fresh the records and the graph are, and what others published that the database started from.
select
    'freshness' as section,
    unnest(['newest model created', 'last change seen', 'last record seen', 'graph resolved', 'rules learned']) as name,
    unnest([
        strftime(max(created_at), '%Y-%m-%d %H:%M'),
        strftime(max(last_modified_at), '%Y-%m-%d %H:%M'),
        strftime(max(last_seen_at), '%Y-%m-%d %H:%M'),
        coalesce(
            (
                select strftime(max(derived_at), '%Y-%m-%d %H:%M')
                from hub.derived
                where name = 'graph'
            ),
            'older than the records: a crawl was interrupted; run it again, or lineage resolve'
        ),
        coalesce(
            (
                select
                    strftime(derived_at, '%Y-%m-%d %H:%M')
                    || case value
                        when '0' then ''
                        when '1' then ', 1 model changed since'
                        else format(', {:,} models changed since', cast(value as bigint))
                    end
                from hub.derived
                where name = 'learned'
            ),
            'not yet'
        )
    ]) as value
from hub.models
union all
select
    'freshness' as section,
    'started from' as name,
    format('{} of {}', value ->> 'source', left(value ->> 'made_at', 10)) as value
from hub.derived
where name = 'published'

-- name: is_unseen
-- Returns whether a name is only named as a parent, in tables that follow from the records as they are now.
select count(*) > 0
from hub.nodes
where id = $id
    and hub_id is null
    and exists (
        select 1
        from hub.derived
        where name = 'graph'
    )

-- name: models
-- Lists models that pass every filter that is not null, with their domains, parents and relations; with a domain, those that only weakly belong to it come last. Domains and parents are gathered for the listed ones alone.
-- Without $with_unseen models that were never seen are left out, with $is_listed those that only weakly belong to the domain. `position` alone orders them,
-- and what a filter asks of other tables is empty without it, so that DuckDB looks at no more rows than it lists.
with wanted as (
    select nodes.id
    from hub.nodes
    semi join lent_selected using (nid)
    where $is_selected
),
topical as (
    select
        model as id,
        max(confidence) as confidence
    from domains
    where ($domain is not null or $confidence is not null or $sort = 'confidence')
        and ($domain is null or domain = $domain)
    group by model
    having not $is_listed
        or max(confidence) >= $listed
),
chosen as materialized (
    select
        models.id,
        models.downloads,
        models.status,
        models.library,
        models.license,
        topical.confidence as domain_confidence,
        models.likes,
        models.created_at,
        models.last_modified_at,
        models.reported_results,
        case $sort
            when 'downloads' then models.downloads
            when 'likes' then models.likes
            when 'created' then epoch_ms(models.created_at)
            when 'modified' then epoch_ms(models.last_modified_at)
            when 'confidence' then cast(topical.confidence * 10000 as bigint)
        end as figure,
        case
            when $domain is null or $is_listed then figure
            when topical.confidence < $listed then coalesce(figure, -1)
            else coalesce(figure, -1) + 2305843009213693952
        end as position
    from hub.placed_models() as models
    left join topical using (id)
    where ($with_unseen or models.place >= 0)
        and ($domain is null or topical.id is not null)
        and ($basis is null or models.id in (
            select model
            from domains
            where basis = $basis
        ))
        and ($confidence is null or topical.confidence >= $confidence)
        and ($author is null or lower(models.author) = lower($author))
        and ($library is null or models.library = $library)
        and ($license is null or models.license = $license)
        and ($relation is null or models.id in (
            select child
            from hub.edges
            where relation = $relation
        ))
        and ($status is null or models.status = $status)
        and ($status is not null or models.status <> 'renamed')
        and ($undeclared is null or $undeclared = (models.id not in (
            select child
            from hub.declared_edges()
            where $undeclared is not null
        )))
        and ($unscored is null or $unscored = (
            coalesce(models.reported_results, 0) = 0
            and models.id not in (
                select nodes.id
                from hub.nodes
                semi join (
                    select nid
                    from hub.standing
                    where variant = ''
                        and $unscored is not null
                ) as standing using (nid)
            )
        ))
        and (not $is_selected or models.id in (
            select id
            from wanted
        ))
        and ($search is null or contains(lower(models.id), lower($search)))
    order by
        position desc nulls last,
        id
    limit $limit
),
parents as (
    select
        child as id,
        list(distinct relation || case when inferred then ' (inferred)' else '' end) as relations,
        list(parent || case when inferred then ' (inferred)' else '' end order by parent) as parents
    from hub.edges
    where child in (
        select id
        from chosen
    )
    group by child
),
topics as (
    select
        model as id,
        list(distinct domain || case
            when basis = 'inherited' then ' (inherited)'
            when confidence < $listed then ' (weak)'
            else ''
        end) as domains,
        max(confidence) filter (where $domain is null or domain = $domain) as confidence
    from domains
    where model in (
        select id
        from chosen
    )
    group by model
)
select
    chosen.id,
    chosen.downloads,
    list_sort(coalesce(topics.domains, [])) as domains,
    list_sort(coalesce(parents.relations, [])) as relations,
    coalesce(parents.parents, []) as parents,
    chosen.status,
    chosen.library,
    chosen.license,
    topics.confidence as domain_confidence,
    chosen.likes,
    chosen.created_at,
    chosen.last_modified_at,
    chosen.reported_results
from chosen
left join parents using (id)
left join topics using (id)
order by
    chosen.position desc nulls last,
    chosen.id

-- name: most_derived
-- Returns the model of a domain, by its own signs, with the most derivatives.
select edges.parent
from edges
inner join domains
    on domains.model = edges.parent
where domains.domain = $domain
    and domains.basis = 'own'
group by edges.parent
order by
    count(*) desc,
    edges.parent
limit 1

-- name: most_drifted
-- Returns the derivative with the most verdicts against its nearest scored ancestor, those on safety first; then the most downloaded.
select drift.model
from drift
inner join instruments using (instrument)
inner join models
    on models.id = drift.model
where drift.against = 'scored_ancestor'
    and drift.verdict in ('worse', 'better', 'equivalent')
group by drift.model
order by
    count(*) filter (where instruments.direction <> 'capability') desc,
    count(*) desc,
    max(models.downloads) desc,
    drift.model
limit 1

-- name: place
-- Returns the row of `hub.models` with the record of a model, if it is still the one where the record was numbered.
select rowid as place
from hub.models
where rowid = (
        select place
        from hub.nodes
        where id = $id
    )
    and id = $id

-- name: places
-- Returns the rows of `hub.models` with the records of the models named in $ids.
select place
from hub.records_of(cast($ids as varchar[]))

-- name: seek_place
-- Returns the row of `hub.models` with the record of a model.
select min(rowid) as place
from hub.models
where id = $id

-- name: suggest
-- Returns five ids of similar spelling, of the whole or of the last part: of those about as near as the nearest, the most downloaded first; then the next nearest.
with spelt as (
    select
        id,
        hub_id,
        greatest(
            jaro_winkler_similarity(lower(id), lower($name)),
            jaro_winkler_similarity(
                lower(split_part(id, '/', -1)),
                lower(split_part($name, '/', -1))
            ) - case when contains($name, '/') then 0.05 else 0 end
        ) as similarity
    from hub.nodes
),
near as (
    select
        *,
        similarity >= max(similarity) over () - 0.005 as is_nearest
    from spelt
    qualify row_number() over (order by similarity desc, id) <= 5
        or is_nearest
)
select near.id
from near
left join hub.models using (hub_id)
order by
    near.is_nearest desc,
    case when near.is_nearest then coalesce(models.downloads, 0) end desc,
    near.similarity desc,
    near.id
limit 5
