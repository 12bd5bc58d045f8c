-- name: add_changes
-- Stores how far each part of the lent pairs moved.
insert into hub.weight_changes by name
select
    model::varchar as model,
    relative::varchar as relative,
    role::varchar as role,
    layer::smallint as layer,
    numbers::integer as numbers,
    equal_share::double as equal_share,
    change::double as change
from lent_changes

-- name: add_files
-- Stores what was read of the weights of the lent models.
insert into hub.weight_files by name
select
    lent_weight_files.model::varchar as model,
    lent_weight_files.sha::varchar as sha,
    lent_weight_files.file::varchar as file,
    lent_weight_files.file_bytes::bigint as file_bytes,
    lent_weight_files.file_sha256::varchar as file_sha256,
    lent_weight_files.header_sha256::varchar as header_sha256,
    lent_weight_files.tensors::integer as tensors,
    lent_weight_files.parameters::bigint as parameters,
    lent_weight_files.unread::varchar as unread,
    lent_weight_files.refused::boolean as refused,
    lent_weight_files.needed_bytes::bigint as needed_bytes,
    lent_weight_files.bytes_read::bigint as bytes_read,
    lent_weight_files.requests::integer as requests,
    lent_weight_files.shapes::varchar as shapes,
    lent_weight_files.modules::varchar as modules,
    $now as read_at,
    $crawl as crawl
from lent_weight_files

-- name: add_findings
-- Stores the lent findings of close readings.
insert into hub.weight_findings by name
select
    model::varchar as model,
    relative::varchar as relative,
    number::utinyint as number,
    finding::varchar as finding,
    figure::double as figure,
    reason::varchar as reason,
    $now as read_at
from lent_findings

-- name: add_matrices
-- Stores the lent rows of matrices.
insert into hub.weight_matrices by name
select
    model::varchar as model,
    number::utinyint as number,
    name::varchar as name,
    dtype::varchar as dtype,
    matrix_rows::bigint as matrix_rows,
    columns::integer as columns,
    kept_columns::integer as kept_columns,
    kept_as::varchar as kept_as,
    content::blob as content,
    products::blob as products,
    sketch::blob as sketch,
    sketch_rows::utinyint as sketch_rows
from lent_matrices

-- name: add_mixtures
-- Stores the lent mixtures.
insert into hub.weight_mixtures by name
select
    model::varchar as model,
    parent::varchar as parent,
    is_base::boolean as is_base,
    weight::double as weight,
    copied_share::double as copied_share,
    verdict::varchar as verdict,
    residual::double as residual,
    rounding::double as rounding,
    reason::varchar as reason,
    $now as read_at
from lent_mixtures

-- name: add_pairs
-- Stores the lent comparisons.
insert into hub.weight_pairs by name
select
    a::varchar as a,
    b::varchar as b,
    a_sha::varchar as a_sha,
    b_sha::varchar as b_sha,
    verdict::varchar as verdict,
    contradicts::boolean as contradicts,
    p::varchar as p,
    log10_p::double as log10_p,
    fixed_points::integer as fixed_points,
    columns::integer as columns,
    rows::integer as rows,
    correlation::double as correlation,
    agreement::double as agreement,
    equal_share::double as equal_share,
    change::double as change,
    reason::varchar as reason,
    $now as compared_at
from lent_pairs

-- name: collect_above
-- Collects the lent models and all that they may be made from by any evidence.
create or replace temp table weights_above as
with recursive above as (
    select nodes.id
    from hub.nodes
    semi join lent_asked_names
        on lent_asked_names.model = nodes.id
    union
    select evidence.parent
    from above
    inner join hub.evidence
        on evidence.child = above.id
)
select id
from above

-- name: collect_related
-- Collects the pairs of one origin whose files can be read closely, each in both orders, of the collected models with any.
create or replace temp table weights_related as
with readable as (
    select
        files.model,
        models.created_at
    from hub.weight_files as files
    left join hub.nodes
        on nodes.id = files.model
    left join hub.models
        on models.hub_id = nodes.hub_id
    where ends_with(files.file, cast($ending as varchar))
),
pairs as (
    select
        a,
        b,
        change,
        findings is not null as is_read
    from hub.weight_pairs
    where list_contains(cast($verdicts as varchar[]), verdict)
        and (
            a in (select id from weights_above)
            or b in (select id from weights_above)
        )
),
sides as (
    select
        a as model,
        b as relative,
        change,
        is_read
    from pairs
    union all
    select
        b,
        a,
        change,
        is_read
    from pairs
)
select
    sides.model,
    sides.relative,
    sides.change,
    sides.is_read,
    edges.relation,
    coalesce(theirs.created_at <= ours.created_at, true) as is_older,
    theirs.created_at as made_at
from sides
inner join readable as ours
    on ours.model = sides.model
inner join readable as theirs
    on theirs.model = sides.relative
left join hub.edges
    on edges.child = sides.model
    and edges.parent = sides.relative

-- name: compared
-- Lists the pairs that were compared, the ids of each in order.
select
    a,
    b
from hub.weight_pairs

-- name: drop_changes
-- Forgets how far parts of the lent models moved, which were of weights read before.
delete from hub.weight_changes
using lent_weight_files
where lent_weight_files.model in (weight_changes.model, weight_changes.relative)

-- name: drop_files
-- Forgets what was read of the lent models before.
delete from hub.weight_files
using lent_weight_files
where weight_files.model = lent_weight_files.model

-- name: drop_findings
-- Forgets findings of close readings of the lent models.
delete from hub.weight_findings
using lent_weight_files
where lent_weight_files.model in (weight_findings.model, weight_findings.relative)

-- name: drop_matrices
-- Forgets the rows of the lent models that were read before.
delete from hub.weight_matrices
using lent_weight_files
where weight_matrices.model = lent_weight_files.model

-- name: drop_mixtures
-- Forgets the mixtures that the lent models are or have a part in.
delete from hub.weight_mixtures
where model in (
    select mixtures.model
    from hub.weight_mixtures as mixtures
    inner join lent_weight_files as lent
        on lent.model in (mixtures.model, mixtures.parent)
)

-- name: drop_pairs
-- Forgets comparisons of the lent models, which were of weights read before.
delete from hub.weight_pairs
using lent_weight_files
where lent_weight_files.model in (weight_pairs.a, weight_pairs.b)

-- name: drop_weighed
-- Forgets the mixtures of the models that are weighed anew.
delete from hub.weight_mixtures
using lent_mixtures
where weight_mixtures.model = lent_mixtures.model

-- name: edge_pairs
-- Lists the models whose weights were read and of which one may be made from the other by any evidence, where they were not compared yet, the ids of each pair in order.
select distinct
    least(evidence.child, evidence.parent) as a,
    greatest(evidence.child, evidence.parent) as b
from hub.evidence
semi join hub.weight_files as child
    on child.model = evidence.child
    and child.file is not null
semi join hub.weight_files as parent
    on parent.model = evidence.parent
    and parent.file is not null
anti join hub.weight_pairs as pairs
    on pairs.a = least(evidence.child, evidence.parent)
    and pairs.b = greatest(evidence.child, evidence.parent)
where evidence.child <> evidence.parent
order by
    a,
    b

-- name: files
-- Lists the files of which the first rows of models were read.
select
    model,
    sha,
    file
from hub.weight_files
where file is not null

-- name: kin_pairs
-- Lists the collected pairs that are worth a close reading and had none: the ends of edges, and of models without a parent the $most relatives that lie nearest, those of one declared family left out. The child stands first, or else the younger one.
with standing as (
    select edges.child
    from hub.edges
    left join hub.weight_pairs as pairs
        on pairs.a = least(edges.child, edges.parent)
        and pairs.b = greatest(edges.child, edges.parent)
    where not coalesce(pairs.contradicts, false)
),
near as (
    select
        related.model,
        related.relative,
        related.is_older,
        row_number() over (
            partition by related.model
            order by
                related.change,
                related.relative
        ) as place
    from weights_related as related
    inner join hub.families as ours
        on ours.model = related.model
    inner join hub.families as theirs
        on theirs.model = related.relative
    anti join standing
        on standing.child = related.model
    where coalesce(ours.component, ours.model) <> coalesce(theirs.component, theirs.model)
),
chosen as (
    select
        model,
        relative
    from weights_related
    where relation is not null
    union
    select
        if(is_older, model, relative),
        if(is_older, relative, model)
    from near
    where place <= $most
)
select distinct
    chosen.model,
    chosen.relative
from chosen
inner join weights_related as related
    on related.model = chosen.model
    and related.relative = chosen.relative
where not related.is_read
order by
    chosen.relative,
    chosen.model

-- name: mixture_candidates
-- Lists the relatives that a model may be a mixture of, the nearest first: of merges and of models without a parent, those of one origin that are no younger; with whether each is a merge itself, its parents, and when it was made.
with merges as (
    select distinct child as model
    from hub.edges
    where relation = $merge
    union
    select related.model
    from weights_related as related
    inner join hub.nodes
        on nodes.id = related.model
    inner join hub.models
        on models.hub_id = nodes.hub_id
    where list_has_any(models.tags, cast($tags as varchar[]))
),
standing as (
    select
        edges.child,
        list(distinct edges.parent) as parents
    from hub.edges
    left join hub.weight_pairs as pairs
        on pairs.a = least(edges.child, edges.parent)
        and pairs.b = greatest(edges.child, edges.parent)
    where not coalesce(pairs.contradicts, false)
    group by edges.child
)
select
    related.model,
    related.relative,
    related.relation is not null as is_declared,
    candidates.model is not null as is_merge,
    coalesce(theirs.parents, cast([] as varchar[])) as parents,
    related.made_at
from weights_related as related
left join standing as ours
    on ours.child = related.model
left join standing as theirs
    on theirs.child = related.relative
left join merges
    on merges.model = related.model
left join merges as candidates
    on candidates.model = related.relative
where (merges.model is not null or ours.child is null)
    and related.is_older
    and related.model in (select id from weights_above)
order by
    related.model,
    related.change,
    related.relative

-- name: mixture_parents
-- Lists the parents and the base of every model that was weighed.
select
    model,
    parent,
    is_base
from hub.weight_mixtures

-- name: new_widths
-- Lists the widths of the embeddings that were read by $crawl.
select distinct matrices.columns
from hub.weight_matrices as matrices
inner join hub.weight_files as files
    on files.model = matrices.model
where matrices.sketch is not null
    and files.crawl = $crawl

-- name: note_compared
-- Notes the models as changed whose parents may be others by the lent comparisons, unless everything is going to be derived anyway.
insert into hub.changed
with telling as (
    select unnest([a, b]) as id
    from lent_pairs
    where contradicts
    union
    select evidence.child
    from lent_pairs
    inner join hub.evidence
        on least(evidence.child, evidence.parent) = lent_pairs.a
        and greatest(evidence.child, evidence.parent) = lent_pairs.b
    where evidence.inferred
)
select
    models.hub_id,
    telling.id,
    'weights'
from telling
inner join hub.models using (id)
where hub.is_derived()

-- name: note_read
-- Notes the models as changed whose parents may be others without what was compared before of the lent models, unless everything is going to be derived anyway.
insert into hub.changed
with dropped as (
    select
        pairs.a,
        pairs.b,
        pairs.contradicts
    from hub.weight_pairs as pairs
    where pairs.a in (
            select model
            from lent_weight_files
        )
        or pairs.b in (
            select model
            from lent_weight_files
        )
),
telling as (
    select unnest([a, b]) as id
    from dropped
    where contradicts
    union
    select evidence.child
    from dropped
    inner join hub.evidence
        on least(evidence.child, evidence.parent) = dropped.a
        and greatest(evidence.child, evidence.parent) = dropped.b
    where evidence.inferred
)
select
    models.hub_id,
    telling.id,
    'weights'
from telling
inner join hub.models using (id)
where hub.is_derived()

-- name: parents_of
-- Lists the models that a model may be made from by any evidence and whose rows are kept.
select distinct parent
from hub.evidence
semi join hub.weight_matrices
    on weight_matrices.model = evidence.parent
where evidence.child = $model
order by parent

-- name: rows
-- Returns the rows that are kept of the lent models, with the files that they were read of, a model's matrices one after the other.
select
    files.model,
    files.sha,
    files.file,
    files.file_bytes,
    files.file_sha256,
    files.header_sha256,
    files.tensors,
    files.parameters,
    files.bytes_read,
    files.requests,
    files.shapes,
    files.modules,
    matrices.name,
    matrices.dtype,
    matrices.matrix_rows,
    matrices.columns,
    matrices.kept_columns,
    matrices.kept_as,
    matrices.content,
    matrices.products
from hub.weight_files as files
semi join lent_asked_names
    on lent_asked_names.model = files.model
left join hub.weight_matrices as matrices
    on matrices.model = files.model
where files.file is not null
order by
    files.model,
    matrices.number

-- name: say_findings
-- Writes what was found of the lent pairs beside their verdicts.
update hub.weight_pairs as pairs
set findings = lent.summary
from lent_summaries as lent
where pairs.a = least(lent.model, lent.relative)
    and pairs.b = greatest(lent.model, lent.relative)

-- name: sketches
-- Returns the sketches of the models whose embeddings have one of the $widths, with whether each was read by $crawl.
select
    matrices.model,
    matrices.columns,
    matrices.sketch,
    matrices.sketch_rows,
    files.crawl = $crawl as is_new
from hub.weight_matrices as matrices
inner join hub.weight_files as files
    on files.model = matrices.model
where matrices.sketch is not null
    and list_contains(cast($widths as integer[]), matrices.columns)
order by
    matrices.columns,
    matrices.model

-- name: wanted
-- Lists the present models among those collected whose weights were not read at their commit, those with most derivatives first; and with $granted those to which we had no access, and those whose header fits into $most_bytes now.
select
    nodes.id,
    models.sha,
    coalesce(models.tags, cast([] as varchar[])) as tags,
    models.is_adapter
from weights_above
inner join hub.nodes using (id)
inner join hub.models using (hub_id)
left join hub.reach
    on reach.model = nodes.id
anti join hub.weight_files as files
    on files.model = nodes.id
    and coalesce(models.sha = files.sha, true)
    and not (files.refused and $granted)
    and coalesce(files.needed_bytes > $most_bytes, true)
where nodes.status not in ('deleted', 'private')
order by
    reach.derivatives desc nulls last,
    models.downloads desc nulls last,
    nodes.id
