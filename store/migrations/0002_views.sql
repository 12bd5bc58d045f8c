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

comment on view models is 'Every model that was seen, every parent that was named and never seen, and every former name. One row a name.';
comment on column models.id is 'name of today, or the name as it was declared for a model that is not there';
comment on column models.hub_id is 'the Hub''s `_id`, which stays through renames; `id:` and the name where the record had none; null where never seen';
comment on column models.author is 'user or organisation; null for a bare name without a record';
comment on column models.created_at is 'UTC; from the `_id` where the record gives no time; null where never seen';
comment on column models.last_modified_at is 'UTC; null where the listing did not say';
comment on column models.revision is 'commit of `main` when last seen; null where the listing did not say';
comment on column models.downloads is 'downloads of the last 30 days when last seen; null where not told';
comment on column models.downloads_all_time is 'downloads since creation when last seen; null where not told';
comment on column models.likes is 'likes when last seen; null where not told';
comment on column models.pipeline_tag is 'task, such as text-generation; null where none';
comment on column models.library is 'library, such as transformers or peft; null where none';
comment on column models.license is 'from the tag, else from the card; null where neither names one';
comment on column models.gated is 'false, auto or manual; null where not told';
comment on column models.parameters is 'number of weights as the file headers say; null where not told';
comment on column models.tags is 'all tags as the Hub gives them; empty where none';
comment on column models.datasets is 'ids behind the `dataset:` tags; empty where none';
comment on column models.languages is 'codes from the card and the plain language tags, sorted; empty where none';
comment on column models.reported_results is 'how many results its own record reports; null where never seen';
comment on column models.status is 'present, missing (named and never seen), private, deleted, or renamed (a former name)';
comment on column models.status_evidence is 'why that status; null for present';
comment on column models.first_seen_at is 'UTC; when a crawl or listing first had it; null where never seen';
comment on column models.last_seen_at is 'UTC; when a crawl or listing last had it, or last asked for it in vain; null where never asked';

comment on view aliases is 'Former names that lead to a model. One row a name and model.';
comment on column aliases.alias is 'the former name';
comment on column aliases.id is 'name of today';
comment on column aliases.evidence is 'rename (seen under both names) or redirect (the Hub forwarded the name)';
comment on column aliases.first_seen_at is 'UTC; when the name was found to be former';
comment on column aliases.last_seen_at is 'UTC; when it was last found so';

comment on view edges is 'Who was made from whom: one row for each child and parent, however many places declare it.';
comment on column edges.child is 'id of the derivative';
comment on column edges.parent is 'id of the model it was made from, resolved; as declared where nobody has it';
comment on column edges.relation is 'finetune, adapter, quantized or merge';
comment on column edges.evidence is 'the first place that declares it: hub, card, tag, config, adapter_config, mergekit';
comment on column edges.confidence is 'how likely the edge is right, 0 to 1: the published precision of declared edges, lowered for loose matches';
comment on column edges.declared_relation is 'relation as the card writes it; null where it does not';
comment on column edges.hub_relation is 'relation as the Hub states it; null where it does not';
comment on column edges.declared_as is 'the parent as that place writes it';
comment on column edges.parent_status is 'status of the parent, as in `models`';
comment on column edges.resolution is 'how the text led to the parent: exact, renamed, case, legacy (a bare name from before 2022), missing';
comment on column edges.relation_reason is 'what decided the relation: card, hub, typed tag, or the sign that it was inferred from';
comment on column edges.first_seen_at is 'UTC; when a record first declared it';
comment on column edges.last_seen_at is 'UTC; when one last did';

comment on view declarations is 'Everything that any place says of a parent, before the places are weighed. One row a child, place and text.';
comment on column declarations.child is 'id of the model that declares';
comment on column declarations.evidence is 'place: hub, card, tag, config, adapter_config, mergekit';
comment on column declarations.declared_as is 'the text as written, at most 500 characters';
comment on column declarations.relation is 'relation that this place gives; null where none';
comment on column declarations.named is 'the id that was read from the text; null where it names no model';
comment on column declarations.form is 'how it was written: id, bare, url, subpath, several; unread where it names no model';
comment on column declarations.reason is 'why it names no model: empty, not text, local path, another site, not a model, impossible id; null where it does';
comment on column declarations.parent is 'the model that the id leads to; null where it names none';
comment on column declarations.resolution is 'as in `edges`; null where it names no model';
comment on column declarations.first_seen_at is 'UTC; when first declared';
comment on column declarations.last_seen_at is 'UTC; when last declared';

comment on view trained_on is 'Data sets that models say they were trained on. One row a model and data set.';
comment on column trained_on.model is 'id';
comment on column trained_on.dataset is 'id of the data set as written';
comment on column trained_on.evidence is 'tag';
comment on column trained_on.declared_as is 'the whole tag';

comment on view domains is 'Which models belong to medicine, law or finance, and why. A model may have a row of each basis.';
comment on column domains.model is 'id';
comment on column domains.domain is 'medical, legal or financial';
comment on column domains.basis is 'own (its own name, tags or data sets say so) or inherited (an ancestor''s do)';
comment on column domains.confidence is '0 to 1; from 0.5 on an analyst would list it';
comment on column domains.signals is 'what says so, strongest first: name:, tag:, dataset:, author:; ancestor: and distance: where inherited';

comment on view families is 'Where each model stands in the graph. One row a model.';
comment on column families.model is 'id';
comment on column families.root is 'the nearest ancestor without parents; itself where it has none';
comment on column families.depth is 'edges up to the root';
comment on column families.family_size is 'models that share this root, itself included';
comment on column families.component is 'number of the weakly connected part of the graph; counts from 0 and changes with every crawl';

comment on view crawls is 'Crawls and loads, finished or not. One row each.';
comment on column crawls.crawl is 'number, from 1';
comment on column crawls.scope is 'what was asked for: all, domains with options, or load';
comment on column crawls.endpoint is 'address that was asked, or name and size of the file';
comment on column crawls.started_at is 'UTC';
comment on column crawls.finished_at is 'UTC; null while it is not finished';
comment on column crawls.state is 'running, stopped or finished';
comment on column crawls.requests is 'requests sent so far';
comment on column crawls.records is 'records received so far, known ones too';
comment on column crawls.bytes is 'bytes received so far, as compressed';
comment on column crawls.cursor is 'the request that it goes on with; null where nothing is left to walk';
comment on column crawls.notes is 'what happened that a person should know; empty where nothing did';

comment on view problems is 'Everything that could not be read as it should be. One row a fault.';
comment on column problems.model is 'id; null where the record had none';
comment on column problems.field is 'where: record and the path in it, lineage.parent, lineage.cycle';
comment on column problems.problem is 'what is wrong, and what was done about it';
comment on column problems.value is 'what stands there, at most 2,000 characters; null where nothing does';
comment on column problems.crawl is 'the crawl that brought it; -1 for what follows from the graph as a whole';

comment on view history is 'What a record was before its files, card or name changed. One row a change.';
comment on column history.model is 'name at that time';
comment on column history.hub_id is 'the Hub''s `_id`';
comment on column history.revision is 'commit at that time; null where not told';
comment on column history.reason is 'what changed: revision, card, renamed, or recreated (another repository has the name now)';
comment on column history.seen_at is 'UTC; when it was last seen so';
comment on column history.replaced_at is 'UTC; when it was seen otherwise';
comment on column history.crawl is 'the crawl that saw the change';
comment on column history.record is 'the old record as the Hub gave it';

comment on view records is 'The Hub''s record of each model as it came. One row a model.';
comment on column records.model is 'id';
comment on column records.hub_id is 'the Hub''s `_id`';
comment on column records.record is 'JSON with the Hub''s own keys; mended where the database could not hold it (see `problems`)';
