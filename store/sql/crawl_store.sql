-- name: add_aliases
-- Adds the names by which models were asked for, where those are not their present ids.
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
-- Stores fetched files, or why there is none.
insert into hub.files
select
    model,
    path,
    sha,
    content,
    absent,
    $now
from lent_files

-- name: add_gone
-- Files the models that the Hub does not show.
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
-- Adds walks to a crawl, open or covered, but for those that it has already.
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
-- Returns the finished crawls that cover no time after $by, the last first, each with the greatest _id of all of them.
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
-- Removes the files of the models whose files were fetched anew.
delete from hub.files
where model in (
    select model
    from lent_files
)

-- name: drop_gone
-- Removes what was said earlier of the models that are about to be filed as gone.
delete from hub.gone
where id in (
    select id
    from lent_gone
)

-- name: drop_hashes
-- Removes the file hashes of the models whose files were fetched anew.
delete from hub.file_hashes
where model in (
    select model
    from lent_files
)

-- name: end
-- Notes how a crawl ended; one that was stopped has no time of its end.
update hub.crawls
set
    state = $state,
    finished_at = case when $state = 'finished' then $now end
where crawl = $crawl

-- name: end_walk
-- Notes that a walk is at its end.
update hub.walks
set state = $state
where crawl = $crawl
    and walk = $walk

-- name: follow_ups
-- Lists the domain models that name no parent and whose files were not fetched at this revision.
select distinct
    models.id,
    models.sha
from hub.domains
inner join hub.models
    on models.id = domains.model
where list_contains($domains, domains.domain)
    and domains.basis = 'own'
    and models.status = 'present'
    and models.id not in (
        select child
        from hub.edges
        where not inferred
    )
    and not exists (
        select 1
        from hub.files
        where files.model = models.id
            and files.sha is not distinct from models.sha
    )
order by models.id

-- name: latest
-- Returns the number of the crawl that was begun last.
select max(crawl)
from hub.crawls

-- name: mark_gone
-- Marks stored models that the Hub does not show any more; their records stay as they were last seen.
update hub.models
set
    status = lent_gone.status,
    status_evidence = lent_gone.evidence
from lent_gone
where models.id = lent_gone.id
    and lent_gone.status <> 'missing'

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
-- Keeps a remark on a crawl, once.
update hub.crawls
set notes = list_append(notes, $text)
where crawl = $crawl
    and not list_contains(notes, $text)

-- name: note_gone
-- Notes which stored models the Hub stopped showing, and by whose word.
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

-- name: open_walks
-- Lists the walks of a crawl that are not at their end, as they were added.
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
-- Lists the names, former ones too, of domain models (and ancestors, with $siblings) that may have children.
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
-- Adds to what a crawl has spent and brought.
update hub.crawls
set
    requests = requests + $requests,
    bytes = bytes + $size_bytes,
    records = records + $records,
    state = 'running'
where crawl = $crawl

-- name: step_walk
-- Moves a walk one page on; without a next request it is at its end.
update hub.walks
set
    state = case when $request is null then 'done' else 'open' end,
    request = coalesce($request, request),
    pages = pages + 1,
    records = records + $records,
    top_id = greatest(top_id, $newest),
    last_id = coalesce($oldest, last_id)
where crawl = $crawl
    and walk = $walk

-- name: unfinished
-- Returns the crawl of this scope and endpoint that was begun and not finished, the latest, and how many walks it has.
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
-- Lists the present models that a crawl did not see: of $domains with their ancestors, or all where it is empty.
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

-- name: walk_state
-- Returns the state of a walk of a crawl.
select state
from hub.walks
where crawl = $crawl
    and walk = $walk

-- name: walked
-- Lists the names of the walks that a crawl has finished, or whose findings were there when it began.
select walk
from hub.walks
where crawl = $crawl
    and state in ('done', 'covered')
