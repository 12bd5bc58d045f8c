-- Lists for every lent name of a copy the models of other authors that have it, the 20 best known, as the rules see them.
select
    lent.child,
    subjects.id,
    subjects.author,
    subjects.words,
    subjects.created,
    subjects.types,
    subjects.marks,
    subjects.license,
    subjects.task,
    subjects.children,
    subjects.downloads
from (
    select distinct
        child,
        words,
        owner
    from lent_copies
) as lent
inner join subjects
    on subjects.words = lent.words
inner join subjects as copy
    on copy.id = lent.child
where subjects.author <> copy.author
    and subjects.created <= copy.created
    and (
        lent.owner = ''
        or array_to_string(regexp_extract_all(lower(subjects.author), '[a-z]+|[0-9]+(?:\.[0-9]+)*'), ' ') = lent.owner
    )
qualify row_number() over (
    partition by
        lent.child,
        lent.words
    order by
        subjects.children desc,
        subjects.downloads desc,
        subjects.id
) <= 20
