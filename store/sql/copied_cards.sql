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
    and is_seen(evidence.child)
group by evidence.child

-- name: drop_claims
-- Drops what models declare.
drop table if exists claims

-- name: find_originals
-- Finds for each copy the model of a lent name that declares all that the copy declares, the closest name first, and another author's only if it is older and the copy's author has none of that name; not where weights contradict it: with its children, whether author and name tell it, and how many authors have a model of that name.
with namesakes as (
    select distinct
        words,
        author
    from subjects
    semi join lent_originals using (words)
),
counted as (
    select
        words,
        count(*) as authors
    from namesakes
    group by words
),
copies as (
    select
        lent.*,
        copy.author,
        copy.created,
        claims.parents,
        claims.parents[1] as parent,
        claims.relation,
        namesakes.author is not null as has_own
    from lent_originals as lent
    inner join subjects as copy
        on copy.id = lent.child
    inner join claims
        on claims.child = lent.child
    left join namesakes
        on namesakes.words = lent.words
        and namesakes.author = copy.author
),
originals as (
    select
        subjects.id,
        subjects.author,
        subjects.created,
        subjects.words,
        subjects.children,
        subjects.downloads,
        array_to_string(hub.words_in(subjects.author), ' ') as owner,
        claims.relation,
        claims.parents,
        unnest(claims.parents) as parent
    from subjects
    semi join lent_originals using (words)
    inner join claims
        on claims.child = subjects.id
)
select
    copies.child,
    copies.words,
    originals.id as original,
    originals.author = copies.author or copies.owner <> '' as is_told,
    originals.children,
    counted.authors
from copies
inner join originals using (words, parent)
inner join counted using (words)
where originals.id <> copies.child
    and (originals.created <= copies.created or originals.author = copies.author)
    and copies.owner in ('', originals.owner)
    and (originals.author = copies.author or copies.owner <> '' or not copies.has_own)
    and list_has_all(originals.parents, copies.parents)
    and not list_contains(copies.parents, originals.id)
    and not list_contains(originals.parents, copies.child)
    and coalesce(copies.relation = originals.relation, copies.relation is null)
    and (copies.child, originals.id) not in (
        from hub.rejected_pairs()
    )
    and not exists (
        select 1
        from hub.weight_pairs as pairs
        where pairs.a = least(copies.child, originals.id)
            and pairs.b = greatest(copies.child, originals.id)
            and pairs.contradicts
    )
qualify row_number() over (
    partition by copies.child
    order by
        cast(copies.rank as integer) desc,
        originals.author = copies.author desc,
        copies.owner <> '' desc,
        originals.children desc,
        originals.downloads desc,
        originals.id
) = 1
order by copies.child

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
inner join touched_models() as models
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
    and is_touched(claims.child)
order by claims.child

-- name: mark_carried
-- Marks what copies declare on a copied card with the model that the card was copied from.
update hub.evidence
set carried_over_from = lent.original
from lent_copied as lent
where evidence.child = lent.child
    and not evidence.inferred
    and evidence.kind <> 'human'
