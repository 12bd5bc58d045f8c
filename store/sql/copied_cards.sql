-- name: collect_claims
-- Collects what models declare, except where a person confirmed or rejected a parent, and whether only places that are copied with a card declare it.
create or replace temp table claims as
select
    evidence.child,
    list(distinct evidence.parent) as parents,
    max(evidence.relation) filter (where evidence.kind = 'card') as relation,
    bool_and(list_contains(cast($places as varchar[]), evidence.kind)) and not bool_or(said.child is not null) as is_copyable
from hub.evidence
left join hub.said_pairs() as said
    on said.child = evidence.child
    and said.parent = evidence.parent
where not evidence.inferred
    and evidence.kind <> 'human'
group by evidence.child

-- name: find_originals
-- Finds for each copy the model of a lent name that declares all that the copy declares, the closest name first, and another author's only if it is older and the copy's author has none of that name: with its children, whether author and name tell it, and how many authors have a model of that name.
with namesakes as (
    select
        subjects.words,
        list(distinct subjects.author) as authors
    from subjects
    semi join lent_originals using (words)
    group by subjects.words
)
select
    lent.child,
    lent.words,
    original.id as original,
    original.author = copy.author or lent.owner <> '' as is_told,
    original.children,
    len(namesakes.authors) as authors
from lent_originals as lent
inner join namesakes using (words)
inner join subjects as original
    on original.words = lent.words
inner join subjects as copy
    on copy.id = lent.child
inner join claims as mine
    on mine.child = copy.id
inner join claims as theirs
    on theirs.child = original.id
where original.id <> copy.id
    and (original.created <= copy.created or original.author = copy.author)
    and (
        lent.owner = ''
        or array_to_string(regexp_extract_all(lower(original.author), '[a-z]+|[0-9]+(?:\.[0-9]+)*'), ' ') = lent.owner
    )
    and (
        original.author = copy.author
        or lent.owner <> ''
        or not list_contains(namesakes.authors, copy.author)
    )
    and list_has_all(theirs.parents, mine.parents)
    and not list_contains(mine.parents, original.id)
    and not list_contains(theirs.parents, copy.id)
    and coalesce(mine.relation = theirs.relation, mine.relation is null)
    and not exists (
        from hub.rejected_pairs() as rejected
        where rejected.child = copy.id
            and rejected.parent = original.id
    )
qualify row_number() over (
    partition by lent.child
    order by
        cast(lent.rank as integer) desc,
        original.author = copy.author desc,
        lent.owner <> '' desc,
        original.children desc,
        original.downloads desc,
        original.id
) = 1
order by lent.child

-- name: insert_originals
-- Writes the originals of copies with a copied card as evidence.
insert into hub.evidence by name
select
    lent.child,
    lent.original as parent,
    'name' as kind,
    $rule as rule,
    $relation as relation,
    lent.words as declared_as,
    'inferred' as resolution,
    $confidence as confidence,
    true as inferred,
    models.first_seen_at,
    models.last_seen_at
from lent_copied as lent
inner join hub.models
    on models.id = lent.child

-- name: list_copies
-- Lists the models whose names mark them as copies and whose declarations may come with a copied card, with the parents they declare.
select
    claims.child,
    claims.parents
from claims
inner join subjects
    on subjects.id = claims.child
where claims.is_copyable
    and subjects.is_copy
order by claims.child

-- name: mark_carried
-- Marks what copies declare on a copied card with the model that the card was copied from.
update hub.evidence
set carried_over_from = lent.original
from lent_copied as lent
where evidence.child = lent.child
    and not evidence.inferred
    and evidence.kind <> 'human'
