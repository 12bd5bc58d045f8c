-- Lists the models of a share of the authors, as the rules see them, by author, with the parents that they declare.
select
    id,
    author,
    words,
    created,
    types,
    marks,
    license,
    task,
    children,
    downloads,
    parents
from subjects
where hash(author) % $buckets = $bucket
order by
    author,
    id
