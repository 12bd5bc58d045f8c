-- name: changes
-- Lists what happened to models since a time, latest first (with $is_selected, only to the lent models); null kinds mean every kind.
with earlier as (
    select
        hub_id,
        arg_min(id, replaced_at) as id,
        arg_min(sha, replaced_at) as sha,
        arg_min(body, replaced_at) as body,
        max(replaced_at) as seen_at,
        arg_max(crawl, replaced_at) as crawl
    from hub.history
    where replaced_at >= $since
        and reason <> 'recreated'
    group by hub_id
),
states as (
    select
        hub_id,
        'before' as state,
        id,
        sha,
        body
    from earlier
    union all
    select
        hub_id,
        'after',
        id,
        sha,
        body
    from hub.models
    semi join earlier using (hub_id)
),
read_states as (
    select
        hub_id,
        state,
        id,
        sha,
        md5(body -> '$.cardData') as card,
        list_filter(coalesce(try_cast(body -> '$.tags' as varchar[]), []), lambda tag: tag is not null) as tags,
        body ->> '$.cardData.license' as card_license,
        body ->> '$.cardData.base_model' as card_parents
    from states
),
facts as (
    select
        hub_id,
        state,
        id,
        sha,
        card,
        coalesce(list_filter(tags, lambda tag: starts_with(tag, 'license:'))[1][9:], card_license) as license,
        coalesce(
            nullif(array_to_string(list_sort(list_distinct(list_transform(
                list_filter(tags, lambda tag: starts_with(tag, 'base_model:')),
                lambda tag: regexp_replace(tag, '^base_model:((' || $relation_pattern || '):)?', '')
            ))), ', '), ''),
            card_parents
        ) as parents,
        nullif(array_to_string(list_sort(list_distinct(list_filter(list_transform(
            tags,
            lambda tag: regexp_extract(tag, '^base_model:(' || $relation_pattern || '):.', 1)
        ), lambda word: word <> ''))), ', '), '') as relation
    from read_states
),
pairs as (
    select
        earlier.seen_at,
        earlier.crawl,
        after.id,
        [before.id, before.parents, before.relation, before.license, before.card, before.sha] as old,
        [after.id, after.parents, after.relation, after.license, after.card, after.sha] as new
    from earlier
    inner join facts as before
        on before.hub_id = earlier.hub_id
        and before.state = 'before'
    inner join facts as after
        on after.hub_id = earlier.hub_id
        and after.state = 'after'
),
compared as (
    select
        seen_at,
        crawl,
        id,
        unnest(['renamed', 'parents', 'relation', 'licence', 'card', 'revision']) as kind,
        unnest(old) as before,
        unnest(new) as after
    from pairs
),
changes as (
    select
        seen_at,
        crawl,
        id,
        kind,
        case when kind <> 'card' then before end as before,
        case when kind <> 'card' then after end as after
    from compared
    where before is distinct from after
        and (kind not in ('card', 'revision') or (before is not null and after is not null))
    union all
    select
        first_seen_at,
        null,
        id,
        'new',
        null,
        (
            select string_agg(
                edges.relation || case when edges.inferred then '? of ' else ' of ' end || edges.parent,
                ', '
                order by edges.parent
            )
            from hub.edges
            where edges.child = models.id
        )
    from hub.models
    where first_seen_at >= $since
    union all
    select
        seen_at,
        crawl,
        id,
        case after when 'present' then 'returned' else 'vanished' end,
        before,
        after
    from hub.status_changes
    where seen_at >= $since
    union all
    select
        status_changes.seen_at,
        status_changes.crawl,
        edges.child,
        case status_changes.after when 'present' then 'parent_returned' else 'parent_vanished' end,
        status_changes.id,
        status_changes.after
    from hub.status_changes
    inner join hub.edges
        on edges.parent = status_changes.id
    where status_changes.seen_at >= $since
    union all
    select
        models.first_seen_at,
        history.crawl,
        history.id,
        'recreated',
        history.hub_id,
        models.hub_id
    from hub.history
    inner join hub.models using (id)
    where models.first_seen_at >= $since
        and reason = 'recreated'
)
select
    id as model,
    kind,
    before,
    after,
    seen_at
from changes
where ($kinds is null or list_contains($kinds, kind))
    and (not $is_selected or id in (
        select nodes.id
        from hub.nodes
        semi join lent_selected using (nid)
    ))
order by
    seen_at desc,
    kind,
    model,
    before
limit $limit

-- name: crawl_times
-- Lists the crawls, latest first, with the time they started; for a bulk listing, the time it was made.
select
    crawl,
    case when scope = 'load' then covers_at else started_at end
from hub.crawls
order by crawl desc

-- name: datasets
-- Lists the data sets that models name, most named first, with the places that name them (with $is_selected, only of the lent models).
select
    trained_on.dataset,
    count(distinct trained_on.model) as models,
    list_sort(list(distinct trained_on.evidence)) as evidence,
    arg_max(trained_on.model, coalesce(models.downloads, 0)) as most_downloaded
from hub.trained_on
inner join hub.models
    on models.id = trained_on.model
where not $is_selected
    or trained_on.model in (
        select nodes.id
        from hub.nodes
        semi join lent_selected using (nid)
    )
group by trained_on.dataset
order by
    models desc,
    trained_on.dataset
limit $limit

-- name: members
-- Returns the repositories of the lent models, with their current ids and their parents (`?` marks an inferred one).
select
    nodes.hub_id,
    nodes.id,
    coalesce((
        select list(
            struct_pack(
                relation := edges.relation || case when edges.inferred then '?' else '' end,
                parent := edges.parent
            )
            order by edges.parent
        )
        from hub.edges
        where edges.child = nodes.id
    ), []) as parents
from hub.nodes
semi join lent_selected using (nid)
where nodes.hub_id is not null
order by nodes.id
