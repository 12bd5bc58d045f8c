-- name: count_edges
-- Returns the number of edges among the chosen models.
select count(*)
from export_edges

-- name: create_all_edges
-- Makes the view of the edges among all models, in the order of `export_edges` over chosen ones, without looking them up.
create or replace temp view export_edges as
select
    parent,
    child,
    relation,
    evidence,
    confidence,
    inferred,
    rule,
    declared_as
from hub.edges_with(getvariable('export_inferred'))
order by
    child,
    parent

-- name: create_cell
-- Defines how a text is written for spreadsheets: an apostrophe before what looks like a formula, and no NUL.
create or replace temp macro export_cell(content) as case
    when regexp_matches(content, '^(?:[\s\p{Z}\x0b\x1c-\x1f\x85]*[-=+@＝＋－＠]|[\t\r\n])')
        and not regexp_full_match(content, '[-+]?\p{Nd}+(?:\.\p{Nd}+)?(?:[eE][-+]?\p{Nd}+)?')
        then '''' || replace(content, chr(0), chr(65533))
    else replace(content, chr(0), chr(65533))
end

-- name: create_drift
-- Makes the table of the drift of the chosen models for this connection, against each of their ancestors.
create or replace temp view export_drift as
with members as (
    select nodes.id
    from hub.nodes
    semi join lent_selected using (nid)
)
select drift.*
from main.drift
semi join members
    on members.id = hub.repository_of(drift.model)
order by
    drift.model,
    drift.against,
    drift.instrument,
    drift.reference

-- name: create_edges
-- Makes a table of the edges among the chosen models; `export_inferred` says whether inferred edges are included.
create or replace temp table export_edges as
with members as (
    select
        nodes.nid,
        nodes.id
    from hub.nodes
    semi join lent_selected using (nid)
)
select
    edges.parent,
    edges.child,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.inferred,
    edges.rule,
    edges.declared_as
from hub.edges_with(getvariable('export_inferred')) as edges
inner join members as child
    on child.id = edges.child
inner join members as parent
    on parent.id = edges.parent
order by
    child.nid,
    parent.nid

-- name: create_line
-- Defines how a text is written on one line of an import file: control characters become U+FFFD.
create or replace temp macro export_line(content) as regexp_replace(content, '[\x00-\x1f\x7f]', chr(65533), 'g')

-- name: create_models
-- Makes the view of the chosen models: what is known about each, and a summary of its drift.
-- It reads the records once, looks the rest up in tables of numbers that fit into memory, and sorts what came out.
create or replace temp view export_models as
with known as (
    select
        placed.nid,
        placed.root,
        placed.depth,
        models.id,
        models.status,
        models.author,
        models.created_at,
        models.sha as revision,
        models.library,
        models.license,
        models.pipeline_tag,
        models.gated,
        models.downloads,
        models.likes,
        models.parameters
    from hub.models
    inner join export_placed as placed
        on placed.place = models.rowid
    union all by name
    select
        placed.nid,
        placed.root,
        placed.depth,
        noted.id,
        noted.status
    from export_placed as placed
    inner join export_noted as noted
        on noted.nid = placed.nid
    where noted.is_unseen
),
roots as (
    select
        nodes.nid,
        nodes.id
    from hub.nodes
    where nodes.nid in (
        select root
        from export_placed
        where root <> nid
    )
)
select
    known.id,
    known.status,
    known.author,
    known.created_at,
    known.revision,
    known.library,
    known.license,
    known.pipeline_tag,
    known.gated,
    known.downloads,
    known.likes,
    known.parameters,
    noted.domains,
    coalesce(roots.id, known.id) as root,
    known.depth,
    coalesce(noted.derivatives, 0) as derivatives,
    noted.instruments,
    case
        when noted.worse > 0 and noted.better > 0
            then 'contradictory'
        when noted.worse > 0
            then 'worse'
        when noted.better > 0
            then 'better'
        when noted.equivalent > 0
            then 'equivalent'
        when noted.undecided > 0
            then 'undecided'
        when noted.withheld > 0
            then 'withheld'
    end as drift,
    noted.worse,
    noted.better,
    noted.equivalent,
    noted.undecided,
    noted.withheld
from known
left join export_noted as noted
    on noted.nid = known.nid
left join roots
    on roots.nid = case when known.root <> known.nid then known.root end
order by known.nid

-- name: create_moment
-- Defines how a time is written: ISO 8601 in UTC.
create or replace temp macro export_moment(moment) as strftime(moment at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ')

-- name: create_noted
-- Makes the table of what only some of the placed models have: domains, descendants, scores, drift; or no record.
create or replace temp table export_noted as
with topics as (
    select
        domains.model as id,
        list(distinct domains.domain order by domains.domain) as domains
    from hub.domains
    group by domains.model
),
measured as (
    select
        standing.nid,
        count(distinct standing.instrument) as instruments
    from hub.standing
    where standing.variant = ''
    group by standing.nid
),
verdicts as (
    select
        drift.model as id,
        count(*) filter (where drift.verdict = 'worse') as worse,
        count(*) filter (where drift.verdict = 'better') as better,
        count(*) filter (where drift.verdict = 'equivalent') as equivalent,
        count(*) filter (where drift.verdict = 'undecided') as undecided,
        count(*) filter (where drift.verdict = 'withheld') as withheld
    from hub.drift
    inner join hub.instruments using (instrument)
    where drift.against = 'scored_ancestor'
        and instruments.direction <> 'capability'
    group by drift.model
)
select
    nodes.nid,
    nodes.id,
    nodes.status,
    placed.place is null as is_unseen,
    topics.domains,
    reach.derivatives,
    measured.instruments,
    verdicts.* exclude (id)
from export_placed as placed
inner join hub.nodes
    on nodes.nid = placed.nid
left join topics
    on topics.id = nodes.id
left join hub.reach
    on reach.model = nodes.id
left join measured
    on measured.nid = nodes.nid
left join verdicts
    on verdicts.id = nodes.id
where placed.place is null
    or topics.id is not null
    or reach.model is not null
    or measured.nid is not null
    or verdicts.id is not null

-- name: create_placed
-- Makes the table of the chosen models in numbers alone: the row of its record, null if it has none, its root and its depth.
create or replace temp table export_placed as
select
    nodes.nid,
    models.rowid as place,
    lent.root,
    lent.depth
from hub.nodes
semi join lent_selected using (nid)
inner join lent_families as lent
    on lent.nid = nodes.nid
left join hub.models
    on models.hub_id = nodes.hub_id

-- name: create_scores
-- Makes the table of the scores of the chosen models for this connection.
create or replace temp view export_scores as
with members as (
    select nodes.id
    from hub.nodes
    semi join lent_selected using (nid)
)
select
    scores.model,
    scores.revision,
    scores.instrument,
    instruments.name,
    instruments.construct,
    instruments.direction,
    instruments.low,
    instruments.high,
    scores.value,
    scores.stderr,
    scores.items,
    scores.source,
    scores.run,
    scores.measured_at,
    scores.state,
    scores.is_standing,
    scores.variant,
    scores.origin
from main.scores
inner join main.instruments using (instrument)
semi join members
    on members.id = scores.model
order by
    scores.model,
    scores.instrument,
    scores.run

-- name: drift_csv
-- Writes the table of drift to a CSV file for spreadsheets.
copy (
    select * replace (
        export_cell(model) as model,
        export_cell(reference) as reference,
        export_cell(instrument) as instrument,
        export_cell(reference_instrument) as reference_instrument,
        export_cell(guard) as guard,
        export_cell(reason) as reason,
        export_cell(reference_likely_parent) as reference_likely_parent
    )
    from export_drift
) to $path (format csv, header true, use_tmp_file false)

-- name: drift_parquet
-- Writes the table of drift to a parquet file.
copy (from export_drift) to $path (format parquet, compression zstd, use_tmp_file false)

-- name: drift_rows
-- Returns the table of drift as it is.
from export_drift

-- name: edges_csv
-- Writes the table of edges to a CSV file for spreadsheets.
copy (
    select * replace (
        export_cell(parent) as parent,
        export_cell(child) as child,
        export_cell(rule) as rule,
        export_cell(declared_as) as declared_as
    )
    from export_edges
) to $path (format csv, header true, use_tmp_file false)

-- name: edges_neo4j
-- Writes the edges as relationships for neo4j-admin database import, from parent to child, their relation as the type.
copy (
    select
        export_line(parent) as ":START_ID",
        export_line(child) as ":END_ID",
        upper(relation) as ":TYPE",
        evidence,
        confidence as "confidence:double",
        inferred as "inferred:boolean",
        rule,
        export_line(declared_as) as declared_as
    from export_edges
) to $path (format csv, header true, use_tmp_file false)

-- name: edges_parquet
-- Writes the table of edges to a parquet file.
copy (from export_edges) to $path (format parquet, compression zstd, use_tmp_file false)

-- name: edges_rows
-- Returns the table of edges as it is.
from export_edges

-- name: list_models
-- Lists the chosen models with times as ISO 8601 in UTC.
select * replace (export_moment(created_at) as created_at)
from export_models

-- name: models_csv
-- Writes the table of models to a CSV file for spreadsheets.
copy (
    select * replace (
        export_cell(id) as id,
        export_cell(author) as author,
        export_moment(created_at) as created_at,
        export_cell(revision) as revision,
        export_cell(library) as library,
        export_cell(license) as license,
        export_cell(pipeline_tag) as pipeline_tag,
        export_cell(gated) as gated,
        array_to_string(domains, '; ') as domains,
        export_cell(root) as root
    )
    from export_models
) to $path (format csv, header true, use_tmp_file false)

-- name: models_neo4j
-- Writes the models as nodes for neo4j-admin database import.
copy (
    select
        export_line(id) as "id:ID",
        status,
        export_line(author) as author,
        export_moment(created_at) as "created_at:datetime",
        export_line(revision) as revision,
        export_line(library) as library,
        export_line(license) as license,
        export_line(pipeline_tag) as pipeline_tag,
        export_line(gated) as gated,
        downloads as "downloads:long",
        likes as "likes:long",
        parameters as "parameters:long",
        array_to_string(domains, ';') as "domains:string[]",
        export_line(root) as root,
        depth as "depth:int",
        derivatives as "derivatives:int",
        instruments as "instruments:int",
        drift,
        worse as "worse:int",
        better as "better:int",
        equivalent as "equivalent:int",
        undecided as "undecided:int",
        withheld as "withheld:int",
        'Model' as ":LABEL"
    from export_models
) to $path (format csv, header true, use_tmp_file false)

-- name: models_parquet
-- Writes the table of models to a parquet file.
copy (from export_models) to $path (format parquet, compression zstd, use_tmp_file false)

-- name: models_rows
-- Returns the table of models as it is.
from export_models

-- name: scores_csv
-- Writes the table of scores to a CSV file for spreadsheets.
copy (
    select * replace (
        export_cell(model) as model,
        export_cell(revision) as revision,
        export_cell(instrument) as instrument,
        export_cell(name) as name,
        export_cell(source) as source,
        export_cell(run) as run,
        export_moment(measured_at) as measured_at,
        export_cell(variant) as variant,
        export_cell(origin) as origin
    )
    from export_scores
) to $path (format csv, header true, use_tmp_file false)

-- name: scores_parquet
-- Writes the table of scores to a parquet file.
copy (from export_scores) to $path (format parquet, compression zstd, use_tmp_file false)

-- name: scores_rows
-- Returns the table of scores as it is.
from export_scores

-- name: set_inferred
-- Sets whether exports include inferred edges.
set variable export_inferred = $inferred
