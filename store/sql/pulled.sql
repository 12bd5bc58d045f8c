-- name: add_files
-- Adds the lent files of data sets of scores.
insert into hub.pulled_files
select
    dataset,
    path,
    revision,
    hash,
    size_bytes,
    cast(licence as varchar),
    origin,
    reading,
    scores,
    left_out,
    cast(cast(left_models as json) as varchar[]),
    $pulled_at
from lent_pulled_files

-- name: clear_files
-- Forgets what is known of the lent files.
delete from hub.pulled_files
where (dataset, path) in (
    select
        dataset,
        path
    from lent_pulled_files
)

-- name: list_files
-- Returns the files of a data set that were imported, with what tells whether they are to be read again.
select
    path,
    hash,
    reading,
    left_models
from hub.pulled_files
where dataset = $dataset

-- name: wanted_models
-- Returns which of the lent names lead to a model as those of scores do: by its id, by a former one, or by the id in other capitals; of the selected models if any are.
with asked as materialized (
    select distinct cast(model as varchar) as name
    from lent_asked_names
),
found as (
    select
        asked.name,
        asked.name as id
    from asked
    union all
    select
        asked.name,
        aliases.id
    from asked
    inner join aliases
        on aliases.alias = asked.name
    union all
    select
        asked.name,
        nodes.id
    from asked
    inner join hub.nodes
        on lower(nodes.id) = lower(asked.name)
)
select distinct found.name
from found
inner join hub.nodes using (id)
where not $is_selected
    or nodes.nid in (from lent_selected)
