-- name: add_file
-- Keeps one of the files of vendor facts in force; null as text stands for the one that ships.
insert into hub.curated_files
values ($place, $text)

-- name: clear_facts
-- Empties the vendor facts before they are written again.
truncate hub.curated

-- name: clear_files
-- Forgets which files of vendor facts are in force: the one that ships is, until others are kept.
truncate hub.curated_files

-- name: drop_guesses
-- Removes what rules inferred about models that their makers pre-trained on their own, by the vendor facts.
delete from hub.evidence
where inferred
    and child in (
        select resolutions.parent
        from hub.curated
        inner join hub.resolutions
            on resolutions.named = curated.model
        where curated.parent is null
    )

-- name: insert_evidence
-- Writes the vendor facts about the models of the graph as evidence, except where a model itself, or a person, names only other parents.
insert into hub.evidence by name
with recursive rejected as (
    from hub.rejected_pairs()
),
named as (
    select distinct
        child,
        parent
    from hub.evidence
    where (child, parent) not in (
            from rejected
        )
        and child in (
            select resolutions.parent
            from hub.curated
            inner join hub.resolutions
                on resolutions.named = curated.model
        )
),
facts as (
    select
        child.parent as child,
        parent.parent,
        'curated' as kind,
        curated.relation,
        curated.source as declared_as,
        parent.resolution,
        weights.confidence,
        false as inferred,
        coalesce(curated.checked_at, beginning.seen_at) as first_seen_at,
        coalesce(curated.checked_at, beginning.seen_at) as last_seen_at
    from hub.curated
    cross join (
        select min(first_seen_at) as seen_at
        from hub.models
    ) as beginning
    inner join hub.resolutions as child
        on child.named = curated.model
    inner join hub.resolutions as parent
        on parent.named = curated.parent
    inner join lent_weights as weights
        on weights.evidence = 'curated'
        and weights.resolution = parent.resolution
    where child.parent <> parent.parent
        and (
            (child.parent, parent.parent) in (
                from named
            )
            or child.parent not in (
                select child
                from named
            )
        )
),
present as (
    select id
    from hub.models
    where id in (
        select child
        from facts
    )
    union all
    select parent
    from hub.evidence
    where parent in (
        select child
        from facts
    )
),
reached as (
    select facts.*
    from facts
    where child in (
        from present
    )
    union
    select facts.*
    from reached
    inner join facts
        on facts.child = reached.parent
)
from reached

-- name: insert_facts
-- Writes the lent vendor facts.
insert into hub.curated
select
    model,
    parent,
    relation,
    source,
    checked_at
from lent_facts

-- name: insert_problems
-- Reports the models that declare another parent than a vendor fact gives, or one although their makers pre-trained them on their own.
insert into hub.problems
select
    models.hub_id,
    models.id,
    'lineage.curated',
    case
        when curated.parent is null then 'declares a parent, but was pre-trained by its maker, according to ' || curated.source
        else 'declares other parents than ' || parent.parent || ', its parent according to ' || curated.source
    end,
    string_agg(distinct evidence.parent, ', ' order by evidence.parent),
    any_value(models.crawl)
from hub.curated
inner join hub.resolutions as child
    on child.named = curated.model
inner join hub.models
    on models.id = child.parent
inner join hub.evidence
    on evidence.child = models.id
    and not evidence.inferred
    and evidence.kind not in ('human', 'curated')
left join hub.resolutions as parent
    on parent.named = curated.parent
group by
    models.hub_id,
    models.id,
    curated.parent,
    curated.source,
    parent.parent
having not coalesce(bool_or(evidence.parent = parent.parent), false)

-- name: list_files
-- Returns the texts of the files of vendor facts in force, in their order; null stands for the one that ships.
select text
from hub.curated_files
order by place
