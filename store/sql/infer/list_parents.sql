-- Lists the models that others declare as their parent, as the rules see them.
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
    downloads
from subjects
where children > 0
order by id
