-- Lists the models that declare exactly one parent, as the rules see them, by author, and that parent.
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
    parents[1]
from subjects
where len(parents) = 1
order by
    author,
    id
