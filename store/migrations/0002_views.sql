-- The SQL contract: the views that users, exports and reports read (docs/schema.md).
create view aliases as
select
    aliases.alias,
    models.id,
    aliases.evidence,
    aliases.first_seen_at,
    aliases.last_seen_at
from hub.aliases
inner join hub.models using (hub_id)
where aliases.alias <> models.id;

create view models as
select
    id,
    hub_id,
    author,
    created_at,
    last_modified_at,
    sha as revision,
    downloads,
    downloads_all_time,
    likes,
    pipeline_tag,
    library,
    license,
    gated,
    parameters,
    coalesce(tags, []) as tags,
    list_transform(
        list_filter(coalesce(tags, []), lambda tag: starts_with(tag, 'dataset:')),
        lambda tag: tag[9:]
    ) as datasets,
    list_sort(list_distinct(list_concat(
        coalesce(card_languages, []),
        list_filter(coalesce(tags, []), lambda tag: list_contains([
            'aa', 'ab', 'ae', 'af', 'ak', 'am', 'an', 'ar', 'as', 'av', 'ay', 'az', 'ba', 'be', 'bg', 'bh', 'bi', 'bm',
            'bn', 'bo', 'br', 'bs', 'ca', 'ce', 'ch', 'co', 'cr', 'cs', 'cu', 'cv', 'cy', 'da', 'de', 'dv', 'dz', 'ee',
            'el', 'en', 'eo', 'es', 'et', 'eu', 'fa', 'ff', 'fi', 'fj', 'fo', 'fr', 'fy', 'ga', 'gd', 'gl', 'gn', 'gu',
            'gv', 'ha', 'he', 'hi', 'ho', 'hr', 'ht', 'hu', 'hy', 'hz', 'ia', 'id', 'ie', 'ig', 'ii', 'ik', 'io', 'is',
            'it', 'iu', 'ja', 'jv', 'ka', 'kg', 'ki', 'kj', 'kk', 'kl', 'km', 'kn', 'ko', 'kr', 'ks', 'ku', 'kv', 'kw',
            'ky', 'la', 'lb', 'lg', 'li', 'ln', 'lo', 'lt', 'lu', 'lv', 'mg', 'mh', 'mi', 'mk', 'ml', 'mn', 'mr', 'ms',
            'mt', 'my', 'na', 'nb', 'nd', 'ne', 'ng', 'nl', 'nn', 'no', 'nr', 'nv', 'ny', 'oc', 'oj', 'om', 'or', 'os',
            'pa', 'pi', 'pl', 'ps', 'pt', 'qu', 'rm', 'rn', 'ro', 'ru', 'rw', 'sa', 'sc', 'sd', 'se', 'sg', 'si', 'sk',
            'sl', 'sm', 'sn', 'so', 'sq', 'sr', 'ss', 'st', 'su', 'sv', 'sw', 'ta', 'te', 'tg', 'th', 'ti', 'tk', 'tl',
            'tn', 'to', 'tr', 'ts', 'tt', 'tw', 'ty', 'ug', 'uk', 'ur', 'uz', 've', 'vi', 'vo', 'wa', 'wo', 'xh', 'yi',
            'yo', 'za', 'zh', 'zu'
        ], tag))
    ))) as languages,
    reported_results,
    status,
    status_evidence,
    first_seen_at,
    last_seen_at
from hub.models
union all by name
select
    nodes.id,
    case when contains(nodes.id, '/') then split_part(nodes.id, '/', 1) end as author,
    cast([] as varchar[]) as tags,
    cast([] as varchar[]) as datasets,
    cast([] as varchar[]) as languages,
    nodes.status,
    coalesce(gone.evidence, 'named as a parent, never seen') as status_evidence,
    gone.checked_at as last_seen_at
from hub.nodes
left join hub.gone using (id)
where nodes.hub_id is null
union all by name
select
    aliases.alias as id,
    any_value(models.hub_id) as hub_id,
    case when contains(aliases.alias, '/') then split_part(aliases.alias, '/', 1) end as author,
    cast([] as varchar[]) as tags,
    cast([] as varchar[]) as datasets,
    cast([] as varchar[]) as languages,
    'renamed' as status,
    'now ' || any_value(models.id) as status_evidence,
    min(aliases.first_seen_at) as first_seen_at,
    max(aliases.last_seen_at) as last_seen_at
from hub.aliases
inner join hub.models using (hub_id)
where not exists (
    select 1
    from hub.models as present
    where present.id = aliases.alias
)
group by aliases.alias;

create view edges as
select
    edges.child,
    edges.parent,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.declared_relation,
    edges.hub_relation,
    edges.declared_as,
    nodes.status as parent_status,
    edges.resolution,
    edges.relation_reason,
    edges.first_seen_at,
    edges.last_seen_at
from hub.edges
inner join hub.nodes
    on nodes.id = edges.parent;

create view declarations as
select
    declarations.child,
    declarations.evidence,
    declarations.declared_as,
    declarations.relation,
    declarations.named,
    declarations.form,
    declarations.reason,
    resolutions.parent,
    resolutions.resolution,
    declarations.first_seen_at,
    declarations.last_seen_at
from hub.declarations
left join hub.resolutions using (named);

create view trained_on as
select
    id as model,
    unnest(list_filter(tags, lambda tag: starts_with(tag, 'dataset:')))[9:] as dataset,
    'tag' as evidence,
    unnest(list_filter(tags, lambda tag: starts_with(tag, 'dataset:'))) as declared_as
from hub.models;

create view domains as
from hub.domains;

create view families as
from hub.families;

create view crawls as
select
    crawls.crawl,
    crawls.scope,
    crawls.endpoint,
    crawls.started_at,
    crawls.finished_at,
    crawls.state,
    crawls.requests,
    crawls.records,
    crawls.bytes,
    (
        select min(walks.request)
        from hub.walks
        where walks.crawl = crawls.crawl
            and walks.state = 'open'
    ) as cursor,
    crawls.notes
from hub.crawls;

create view problems as
select
    model,
    field,
    problem,
    value,
    crawl
from hub.problems;

create view history as
select
    id as model,
    hub_id,
    sha as revision,
    reason,
    seen_at,
    replaced_at,
    crawl,
    body as record
from hub.history;

create view records as
select
    id as model,
    hub_id,
    body as record
from hub.models;
