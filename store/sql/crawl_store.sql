-- name: add_aliases
-- Adds the names that models were looked up by, if they are not their current ids.
insert into hub.aliases
with asked as (
    select
        alias,
        try_cast(body as json) ->> '$._id' as hub_id,
        try_cast(body as json) ->> '$.id' as id
    from lent_names
)
select
    alias,
    hub_id,
    'redirect',
    $now,
    $now
from asked
where alias <> id
    and hub_id is not null
    and not exists (
        select 1
        from hub.aliases
        where aliases.alias = asked.alias
            and aliases.hub_id = asked.hub_id
    )

-- name: add_files
-- Stores fetched files, or the reason why a file is absent.
insert into hub.files
select
    model,
    path,
    sha,
    content,
    absent,
    $now,
    $crawl
from lent_files

-- name: add_gone
-- Adds the models that the Hub does not show.
insert into hub.gone
select
    id,
    any_value(status),
    any_value(evidence),
    $crawl,
    $now
from lent_gone
group by id

-- name: add_hashes
-- Stores the hashes of models' files.
insert into hub.file_hashes
select
    model,
    path,
    sha,
    size_bytes,
    oid,
    lfs_oid
from lent_hashes

-- name: add_walks
-- Adds walks, open or covered, to a crawl, except those it already has.
insert into hub.walks
select
    $crawl,
    walk,
    state,
    request,
    until,
    0,
    0,
    null,
    null
from lent_walks
anti join (
    select walk
    from hub.walks
    where crawl = $crawl
) as known using (walk)
order by
    state desc,
    number

-- name: baselines
-- Returns the finished crawls that cover no time after $by, latest first, each with the greatest `_id` of all of them.
select
    crawls.crawl,
    crawls.scope,
    (
        select max(walks.top_id)
        from hub.walks
        inner join hub.crawls as covering using (crawl)
        where walks.walk in ('created', 'load')
            and covering.state = 'finished'
            and (covering.endpoint = $endpoint or covering.scope = 'load')
    ) as top_id,
    crawls.covers_at
from hub.crawls
where crawls.state = 'finished'
    and crawls.covers_at <= $by
    and (crawls.endpoint = $endpoint or crawls.scope = 'load')
order by
    crawls.covers_at desc,
    crawls.crawl desc

-- name: begin
-- Begins a crawl.
insert into hub.crawls
select
    coalesce(max(crawl), 0) + 1,
    $scope,
    $endpoint,
    'running',
    $now,
    $covers_at,
    null,
    0,
    0,
    0,
    []
from hub.crawls

-- name: drop_files
-- Removes the stored files that were fetched again, and those of another revision of their models.
delete from hub.files
where exists (
    select 1
    from lent_files
    where lent_files.model = files.model
        and (
            lent_files.path = files.path
            or lent_files.sha is distinct from files.sha
        )
)

-- name: drop_gone
-- Removes earlier rows of the models that are about to be added as gone.
delete from hub.gone
where id in (
    select id
    from lent_gone
)

-- name: drop_hashes
-- Removes the stored file hashes of the models whose trees were fetched again, or whose files at another revision.
delete from hub.file_hashes
where exists (
    select 1
    from lent_files
    where lent_files.model = file_hashes.model
        and (
            lent_files.path = $tree
            or lent_files.sha is distinct from file_hashes.sha
        )
)

-- name: end
-- Sets how a crawl ended; a stopped crawl has no end time.
update hub.crawls
set
    state = $state,
    finished_at = case when $state = 'finished' then $now end
where crawl = $crawl

-- name: end_walk
-- Marks a walk as finished.
update hub.walks
set state = $state
where crawl = $crawl
    and walk = $walk

-- name: fetched_first
-- Lists which of the lent models have a record to be fetched, or with $unknown those without a known commit: the most downloaded first.
select nodes.id
from hub.nodes
semi join lent_profiles using (nid)
left join hub.models using (hub_id)
where nodes.status not in ('deleted', 'private')
    and (not $unknown or models.sha is null)
order by
    models.downloads desc nulls last,
    nodes.id

-- name: files_asked
-- Counts the files that a crawl asked for so far, and how many of them were questions to the API.
select
    count(*) filter (where path <> $facts),
    count(*) filter (where path = $facts)
from hub.files
where crawl = $crawl
    and path <> $tree

-- name: latest
-- Returns the number of the latest crawl.
select max(crawl)
from hub.crawls

-- name: mark_gone
-- Marks stored models that the Hub no longer shows; their records stay as they were last seen.
update hub.models
set
    status = lent_gone.status,
    status_evidence = lent_gone.evidence
from lent_gone
where models.id = lent_gone.id
    and lent_gone.status <> 'missing'

-- name: missing_above
-- Lists the ancestors of some models, named in lower case, that are not stored and were not found gone.
with recursive ancestors as (
    select id
    from hub.nodes
    where list_contains($models, lower(id))
    union
    select id
    from aliases
    where list_contains($models, lower(alias))
    union
    select edges.parent
    from ancestors
    inner join hub.edges
        on edges.child = ancestors.id
)
select ancestors.id
from ancestors
inner join hub.nodes using (id)
anti join hub.gone using (id)
where nodes.hub_id is null
order by ancestors.id

-- name: missing_ancestors
-- Lists the ancestors of domain models that are not stored and were not found gone (by crawl $crawl or later).
with recursive ancestors as (
    select model as id
    from hub.domains
    where list_contains($domains, domain)
    union
    select edges.parent
    from ancestors
    inner join hub.edges
        on edges.child = ancestors.id
)
select ancestors.id
from ancestors
inner join hub.nodes using (id)
where nodes.hub_id is null
    and ancestors.id not in (
        select id
        from hub.gone
        where crawl >= $crawl
    )
order by ancestors.id

-- name: note
-- Adds a note to a crawl, unless it already has that note.
update hub.crawls
set notes = list_append(notes, $text)
where crawl = $crawl
    and not list_contains(notes, $text)

-- name: note_aliases_changed
-- Notes the names that lead elsewhere now as changed, unless everything is going to be derived anyway.
insert into hub.changed
select
    try_cast(body as json) ->> '$._id',
    alias,
    'alias'
from lent_names
where alias <> try_cast(body as json) ->> '$.id'
    and alias not in (
        select alias
        from hub.aliases
    )
    and hub.is_derived()

-- name: note_files_changed
-- Notes the models whose files were fetched as changed, unless everything is going to be derived anyway.
insert into hub.changed
select distinct
    models.hub_id,
    lent_files.model,
    'file'
from lent_files
left join hub.models
    on models.id = lent_files.model
where hub.is_derived()

-- name: note_gone
-- Adds a change of status for each stored model that the Hub stopped showing, with the evidence.
insert into hub.status_changes
select
    models.hub_id,
    models.id,
    models.status,
    lent_gone.status,
    lent_gone.evidence,
    $crawl,
    $now
from hub.models
inner join lent_gone using (id)
where lent_gone.status <> 'missing'
    and lent_gone.status <> models.status

-- name: note_gone_changed
-- Notes the names as changed that the Hub shows no longer, or absent in another way than before, unless everything is going to be derived anyway.
insert into hub.changed
select distinct
    models.hub_id,
    lent_gone.id,
    'gone'
from lent_gone
left join hub.models using (id)
left join hub.gone using (id)
where (
        gone.status is distinct from lent_gone.status
        or (
            lent_gone.status <> 'missing'
            and models.status <> lent_gone.status
        )
    )
    and hub.is_derived()

-- name: open_walks
-- Lists the unfinished walks of a crawl, in the order they were added.
select
    walk,
    request,
    until,
    pages,
    records,
    top_id,
    last_id
from hub.walks
where crawl = $crawl
    and state = 'open'
order by rowid

-- name: parents
-- Lists the current and former names of domain models (with $siblings, of their ancestors too) that may have children.
with recursive ancestors as (
    select model as id
    from hub.domains
    where list_contains($domains, domain)
        and (
            basis = 'inherited'
            or confidence >= $listed
        )
    union
    select edges.parent
    from ancestors
    inner join hub.edges
        on edges.child = ancestors.id
    where $siblings
),
parents as (
    select
        models.id,
        models.hub_id
    from ancestors
    inner join hub.models using (id)
    where json_type(models.children) is distinct from 'OBJECT'
        or len(list_filter(
            json_extract_string(models.children, ['$.adapter', '$.merge', '$.quantized', '$.finetune']),
            lambda number: number is not null and coalesce(try_cast(number as double), 1) > 0
        )) > 0
),
names as (
    select id as name
    from parents
    union
    select aliases.alias
    from hub.aliases
    semi join parents using (hub_id)
    union
    select ancestors.id
    from ancestors
    inner join hub.nodes using (id)
    where nodes.hub_id is null
)
select name
from names
order by name

-- name: spend
-- Adds to the requests, records and bytes of a crawl.
update hub.crawls
set
    requests = requests + $requests,
    bytes = bytes + $size_bytes,
    records = records + $records,
    state = 'running'
where crawl = $crawl

-- name: step_walk
-- Moves a walk on by pages; without a next request it is finished.
update hub.walks
set
    state = case when $request is null then 'done' else 'open' end,
    request = coalesce($request, request),
    pages = pages + $pages,
    records = records + $records,
    top_id = greatest(top_id, $newest),
    last_id = coalesce($oldest, last_id)
where crawl = $crawl
    and walk = $walk

-- name: undeclared
-- Lists the present models that declare no parent and are ancestors of domain models or domain models themselves, from a confidence of $least on: ancestors first, by the number of their derivatives, with the paths that were asked for at their revision; without $trees, of models that are no ancestors only those of which none was.
with recursive members as (
    select distinct model as id
    from hub.domains
    where list_contains($domains, domain)
        and confidence >= $least
),
ancestors as (
    select edges.parent as id
    from members
    inner join hub.edges
        on edges.child = members.id
    union
    select edges.parent
    from ancestors
    inner join hub.edges
        on edges.child = ancestors.id
),
wanted as (
    select id
    from members
    union
    select id
    from ancestors
),
asked as (
    select
        files.model,
        list(files.path) as paths
    from hub.files
    inner join hub.models
        on models.id = files.model
    where models.sha is null
        or files.sha is not distinct from models.sha
    group by files.model
)
select
    models.id,
    models.sha,
    coalesce(models.tags, []),
    models.library,
    models.detail,
    coalesce(models.architecture, models.model_type) is not null,
    coalesce(models.is_adapter, false),
    models.id in (
        select id
        from ancestors
    ) as is_ancestor,
    coalesce(reach.derivatives, 0) as derivatives,
    coalesce(asked.paths, [])
from wanted
inner join hub.models using (id)
left join hub.reach
    on reach.model = models.id
left join asked
    on asked.model = models.id
where models.status = 'present'
    and models.id not in (
        select child
        from hub.declared_edges()
    )
    and (
        asked.paths is null
        or is_ancestor
        or $trees
    )
order by
    is_ancestor desc,
    derivatives desc,
    coalesce(models.downloads, 0) desc,
    models.id

-- name: unfinished
-- Returns the latest unfinished crawl of this scope and endpoint, and how many walks it has.
select
    crawls.crawl,
    crawls.started_at,
    (
        select count(*)
        from hub.walks
        where walks.crawl = crawls.crawl
    ) as walks
from hub.crawls
where scope = $scope
    and endpoint = $endpoint
    and state <> 'finished'
order by crawl desc
limit 1

-- name: unseen
-- Lists the present models that a crawl did not see, of $domains with their ancestors; all models if $domains is empty.
with recursive wanted as (
    select model as id
    from hub.domains
    where list_contains($domains, domain)
    union
    select edges.parent
    from wanted
    inner join hub.edges
        on edges.child = wanted.id
)
select id
from hub.models
where crawl < $crawl
    and status in ('present', 'private')
    and (
        len($domains) = 0
        or id in (
            select id
            from wanted
        )
    )
order by id

-- name: unstored_names
-- Lists the ids in files that no stored model has, and that were not found gone (by crawl $crawl or later), three for each file's model at most: those that most models name first.
with named as (
    select
        child,
        named
    from hub.file_names
    qualify row_number() over (partition by child order by named) <= 3
)
select named
from named
where contains(named, '/')
    and lower(named) not in (
        select lower(id)
        from hub.models
    )
    and named not in (
        select alias
        from hub.aliases
    )
    and named not in (
        select id
        from hub.gone
        where crawl >= $crawl
    )
group by named
order by
    count(distinct child) desc,
    named
limit $most

-- name: walk_state
-- Returns the state of a walk of a crawl.
select state
from hub.walks
where crawl = $crawl
    and walk = $walk

-- name: walked
-- Lists the names of the walks that a crawl has finished or did not need.
select walk
from hub.walks
where crawl = $crawl
    and state in ('done', 'covered')
