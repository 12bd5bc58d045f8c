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
    lent_weight_files.bytes_read::bigint as bytes_read,
    lent_weight_files.requests::integer as requests,
    $now as read_at,
    $crawl as crawl
from lent_weight_files

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
    sketch::blob as sketch,
    sketch_rows::utinyint as sketch_rows
from lent_matrices

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
    equal_share::double as equal_share,
    change::double as change,
    reason::varchar as reason,
    $now as compared_at
from lent_pairs

-- name: compared
-- Lists the pairs that were compared, the ids of each in order.
select
    a,
    b
from hub.weight_pairs

-- name: drop_files
-- Forgets what was read of the lent models before.
delete from hub.weight_files
using lent_weight_files
where weight_files.model = lent_weight_files.model

-- name: drop_matrices
-- Forgets the rows of the lent models that were read before.
delete from hub.weight_matrices
using lent_weight_files
where weight_matrices.model = lent_weight_files.model

-- name: drop_pairs
-- Forgets comparisons of the lent models, which were of weights read before.
delete from hub.weight_pairs
using lent_weight_files
where lent_weight_files.model in (weight_pairs.a, weight_pairs.b)

-- name: edge_pairs
-- Lists the edges between models whose weights were read and that were not compared yet, the ids of each pair in order.
select distinct
    least(edges.child, edges.parent) as a,
    greatest(edges.child, edges.parent) as b
from hub.edges
semi join hub.weight_matrices as child
    on child.model = edges.child
semi join hub.weight_matrices as parent
    on parent.model = edges.parent
anti join hub.weight_pairs as pairs
    on pairs.a = least(edges.child, edges.parent)
    and pairs.b = greatest(edges.child, edges.parent)
where edges.child <> edges.parent
order by
    a,
    b

-- name: new_widths
-- Lists the widths of the embeddings that were read by $crawl.
select distinct matrices.columns
from hub.weight_matrices as matrices
inner join hub.weight_files as files
    on files.model = matrices.model
where matrices.sketch is not null
    and files.crawl = $crawl

-- name: parents_of
-- Lists the parents of a model whose rows are kept.
select distinct parent
from hub.edges
semi join hub.weight_matrices
    on weight_matrices.model = edges.parent
where edges.child = $model
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
    matrices.name,
    matrices.dtype,
    matrices.matrix_rows,
    matrices.columns,
    matrices.kept_columns,
    matrices.kept_as,
    matrices.content
from hub.weight_files as files
semi join lent_asked_names
    on lent_asked_names.model = files.model
inner join hub.weight_matrices as matrices
    on matrices.model = files.model
order by
    files.model,
    matrices.number

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
-- Lists the present models among those lent, and their parents, whose weights were not read at their commit: those with most derivatives first.
with recursive wanted as (
    select nodes.id
    from hub.nodes
    semi join lent_asked_names
        on lent_asked_names.model = nodes.id
    union
    select edges.parent
    from wanted
    inner join hub.edges
        on edges.child = wanted.id
)
select
    nodes.id,
    models.sha
from wanted
inner join hub.nodes using (id)
inner join hub.models using (hub_id)
left join hub.reach
    on reach.model = nodes.id
anti join hub.weight_files as files
    on files.model = nodes.id
    and coalesce(models.sha = files.sha, true)
where nodes.status not in ('deleted', 'private')
order by
    reach.derivatives desc nulls last,
    models.downloads desc nulls last,
    nodes.id
