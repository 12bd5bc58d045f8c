-- Lists models that pass every filter that is not null, with their domains, parents and relations.
with wanted as (
    select nodes.id
    from hub.nodes
    semi join lent_selected using (nid)
),
parents as (
    select
        child as id,
        list(distinct relation || case when inferred then ' (inferred)' else '' end) as relations,
        list(distinct relation) as plain_relations,
        list(parent || case when inferred then ' (inferred)' else '' end order by parent) as parents,
        bool_or(not inferred) as is_declared
    from edges
    where not $is_selected
        or child in (
            select id
            from wanted
        )
    group by child
),
topics as (
    select
        model as id,
        list(distinct domain || case
            when basis = 'inherited' then ' (inherited)'
            when confidence < 0.5 then ' (weak)'
            else ''
        end) as domains,
        max(confidence) filter (where $domain is null or domain = $domain) as confidence,
        list(distinct domain) as plain_domains,
        list(distinct basis) as bases
    from domains
    where not $is_selected
        or model in (
            select id
            from wanted
        )
    group by model
)
select
    models.id,
    list_sort(coalesce(topics.domains, [])) as domains,
    list_sort(coalesce(parents.relations, [])) as relations,
    models.downloads,
    coalesce(parents.parents, []) as parents,
    models.status,
    models.library,
    models.license,
    topics.confidence as domain_confidence,
    models.likes,
    models.created_at,
    models.last_modified_at,
    models.reported_results
from models
left join parents using (id)
left join topics using (id)
where ($domain is null or list_contains(topics.plain_domains, $domain))
    and ($basis is null or list_contains(topics.bases, $basis))
    and ($confidence is null or topics.confidence >= $confidence)
    and ($author is null or lower(models.author) = lower($author))
    and ($library is null or models.library = $library)
    and ($license is null or models.license = $license)
    and ($relation is null or list_contains(parents.plain_relations, $relation))
    and ($status is null or models.status = $status)
    and ($status is not null or models.status <> 'renamed')
    and ($undeclared is null or not coalesce(parents.is_declared, false) = $undeclared)
    and ($unscored is null or $unscored = (
        coalesce(models.reported_results, 0) = 0
        and models.id not in (
            select nodes.id
            from hub.nodes
            semi join hub.standing using (nid)
        )
    ))
    and (not $is_selected or models.id in (
        select id
        from wanted
    ))
    and ($search is null or contains(lower(models.id), lower($search)))
order by
    case $sort
        when 'downloads' then models.downloads
        when 'likes' then models.likes
        when 'created' then epoch_ms(models.created_at)
        when 'modified' then epoch_ms(models.last_modified_at)
        when 'confidence' then cast(topics.confidence * 10000 as bigint)
    end desc nulls last,
    models.id
limit $limit
