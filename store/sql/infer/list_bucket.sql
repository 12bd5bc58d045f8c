-- Lists the models of a share of the authors, about whom rules have something to say, by author, with the parents that they declare.
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
qualify count(*) over (partition by author) > 1
    or marks <> ''
    or regexp_matches(words, $pattern)
order by
    author,
    id
