-- Lists the models that bear the name of an older model of another author which many declare as their parent, perhaps without its maker's name, and tell of no training.
with famous as (
    select
        id,
        author,
        created,
        children,
        words,
        regexp_extract(lower(author), '[a-z]+') as maker
    from subjects
    where children >= $children
),
forms as (
    select
        id,
        author,
        created,
        children,
        words as form,
        'same name' as way
    from famous
    union all
    select
        id,
        author,
        created,
        children,
        words[length(maker) + 2:] as form,
        'maker left out' as way
    from famous
    where starts_with(words, maker || ' ')
)
select
    subjects.id as child,
    forms.id as parent,
    forms.way,
    subjects.words,
    len(subjects.parents) > 0 as is_declared
from subjects
inner join forms
    on forms.form = subjects.words
    and forms.author <> subjects.author
    and forms.created <= subjects.created
where subjects.marks in ('', 'unsloth')
    and length(subjects.words) > $characters
    and not regexp_matches(subjects.words, $pattern)
qualify row_number() over (
    partition by subjects.id
    order by
        forms.children desc,
        forms.id
) = 1
order by subjects.id
