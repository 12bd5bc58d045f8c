-- name: add_written
-- Adds what the fetched files declare to what the records declare.
insert into written
select
    child,
    evidence,
    text,
    null,
    seen_at,
    seen_at
from lent_written

-- name: clear_contradicted
-- Removes what weights contradict, where it is written again.
delete from hub.contradicted_edges
where is_linked(child)

-- name: clear_declarations
-- Removes the declarations that are written again.
delete from hub.declarations
where is_changed(child)

-- name: clear_edges
-- Removes the edges that are written again.
delete from hub.edges
where is_linked(child)

-- name: clear_evidence
-- Removes the evidence that is written again.
delete from hub.evidence
where is_touched(child)

-- name: clear_resolutions
-- Removes the resolutions of the names that are resolved again.
delete from hub.resolutions
where is_named_anew(named)

-- name: collect_declarations
-- Collects every declaration of a parent as written in the records: one row per element and place.
create or replace temp table written as
with places as (
    select
        id,
        first_seen_at,
        last_seen_at,
        tags,
        card_parent,
        card_relation ->> '$' as card_relation,
        base_models,
        peft_parent
    from changed_models()
),
tagged as (
    select
        id as child,
        'tag' as evidence,
        unnest(list_filter(tags, lambda tag: starts_with(tag, 'base_model:'))) as text,
        null as relation,
        first_seen_at,
        last_seen_at
    from places
    where len(tags) > 0
),
carded as (
    select
        id as child,
        'card' as evidence,
        unnest(case
            when json_type(card_parent) = 'ARRAY' then json_extract(card_parent, '$[*]')
            else [card_parent]
        end) as text,
        card_relation as relation,
        first_seen_at,
        last_seen_at
    from places
    where card_parent is not null
        and card_parent <> 'null'
),
resolved as (
    select
        id as child,
        'hub' as evidence,
        unnest(list_filter(
            json_extract(base_models, '$.models[*].id'),
            lambda id: json_type(id) = 'VARCHAR'
        )) ->> '$' as text,
        base_models ->> '$.relation' as relation,
        first_seen_at,
        last_seen_at
    from places
    where json_type(base_models) = 'OBJECT'
),
configured as (
    select
        id as child,
        'config' as evidence,
        peft_parent as text,
        'adapter' as relation,
        first_seen_at,
        last_seen_at
    from places
    where peft_parent is not null
)
from tagged
union all
select
    child,
    evidence,
    cast(text as varchar),
    relation,
    first_seen_at,
    last_seen_at
from carded
union all
from resolved
union all
from configured

-- name: collect_edges
-- Collects the evidence by child and parent, inferred evidence only for models that declare nothing; a GGUF file, or a card that was copied with the model, may name the base of what it is a copy of, and what is carried over makes no edge.
create or replace temp table gathered as
with rejected as (
    from hub.rejected_pairs()
),
ruled_out as (
    select
        child,
        parent
    from weighed
    where against is not null
        and inferred
        and not is_merge
),
skipping as (
    select
        header.child,
        header.parent
    from (
        from hub.evidence
        where is_linked(child)
    ) as header
    inner join hub.evidence as guess
        on guess.child = header.child
        and guess.parent <> header.parent
    inner join lent_ranks as ranks
        on ranks.kind = guess.kind
        and guess.inferred
        and guess.confidence >= ranks.at_least
    inner join hub.evidence as above
        on above.child = guess.parent
        and above.parent = header.parent
    where header.kind in ('gguf', 'readme')
        and guess.kind not in ('gguf', 'readme')
        and (guess.child, guess.parent) not in (
            from ruled_out
        )
),
filed as (
    select evidence.child
    from hub.evidence
    inner join lent_ranks as ranks using (kind)
    where is_linked(evidence.child)
        and evidence.kind in ('weights', 'readme', 'name_or_path')
        and evidence.confidence >= ranks.at_least
        and (evidence.child, evidence.parent) not in (
            from skipping
        )
        and (evidence.child, evidence.parent) not in (
            from rejected
        )
        and (evidence.child, evidence.parent) not in (
            from ruled_out
        )
),
telling as (
    from hub.evidence
    where is_linked(child)
        and (
            kind not in ('gguf', 'readme')
            or (child, parent) not in (
                from skipping
            )
        )
        and (
            kind <> 'name'
            or child not in (
                from filed
            )
        )
),
declared as (
    select distinct child
    from telling
    where not inferred
)
select
    evidence.child,
    evidence.parent,
    arg_min(evidence.kind, (ranks.rank, -evidence.confidence, evidence.declared_as)) as evidence,
    arg_min(evidence.declared_as, (ranks.rank, -evidence.confidence, evidence.declared_as)) as declared_as,
    arg_min(evidence.resolution, (ranks.rank, -evidence.confidence, evidence.declared_as)) as resolution,
    arg_min(evidence.confidence, (ranks.rank, -evidence.confidence, evidence.declared_as)) as confidence,
    arg_min(coalesce(evidence.rule, ''), (ranks.rank, -evidence.confidence, evidence.declared_as)) as rule,
    bool_and(evidence.inferred) as inferred,
    (evidence.child, evidence.parent) in (
        from ruled_out
    ) as is_ruled_out,
    max(evidence.relation) filter (where evidence.kind = 'human') as human_relation,
    max(evidence.relation) filter (where evidence.kind = 'card') as declared_relation,
    max(evidence.relation) filter (where evidence.kind = 'hub') as hub_relation,
    arg_max(
        evidence.relation,
        list_position(cast($relations as varchar[]), evidence.relation)
    ) filter (where evidence.kind in ('tag', 'config', 'adapter_config')) as typed_relation,
    max(evidence.relation) filter (where evidence.kind = 'curated') as curated_relation,
    arg_max(evidence.relation, evidence.confidence) filter (where evidence.inferred) as inferred_relation,
    min(evidence.first_seen_at) as first_seen_at,
    max(evidence.last_seen_at) as last_seen_at
from telling as evidence
inner join lent_ranks as ranks using (kind)
left join declared using (child)
where evidence.carried_over_from is null
    and (
        not evidence.inferred
        or (
            evidence.confidence >= ranks.at_least
            and (
                declared.child is null
                or evidence.rule = $copied
            )
        )
    )
    and not exists (
        select 1
        from rejected
        where rejected.child = evidence.child
            and rejected.parent = evidence.parent
    )
group by
    evidence.child,
    evidence.parent

-- name: collect_originals
-- Collects the parents that are only copies (quantized, or with identical weights) with the model each is a copy of, through copies of copies.
create or replace temp table originals as
with recursive copies as (
    select
        child as copy,
        min(parent) as original,
        bool_and(inferred) as inferred
    from hub.edges
    group by child
    having count(*) = 1
        and bool_and(
            relation = 'quantized'
            or evidence = 'weights'
        )
),
ways as (
    select
        copies.copy,
        copies.original,
        copies.inferred,
        1 as steps
    from copies
    where copies.copy in (
        select parent
        from hub.edges
    )
    union all
    select
        ways.copy,
        copies.original,
        ways.inferred or copies.inferred,
        ways.steps + 1
    from ways
    inner join copies
        on copies.copy = ways.original
    where copies.original <> ways.copy
        and ways.steps < 10
)
select
    copy,
    arg_max(original, steps) as original,
    arg_max(inferred, steps) as inferred
from ways
group by copy

-- name: collect_readings
-- Collects the declarations with the ids read from their text, keeping when each was first seen.
create or replace temp table declared as
select
    written.child,
    written.evidence,
    readings.declared_as,
    coalesce(min(readings.relation), min(written.relation)) as relation,
    readings.named,
    readings.form,
    readings.reason,
    coalesce(
        any_value(earlier.first_seen_at),
        case when any_value(derived.name) is null then min(written.first_seen_at) else min(written.last_seen_at) end
    ) as first_seen_at,
    max(written.last_seen_at) as last_seen_at
from written
inner join lent_readings as readings using (evidence, text)
left join hub.declarations as earlier
    on earlier.child = written.child
    and earlier.evidence = written.evidence
    and earlier.declared_as = readings.declared_as
    and earlier.named is not distinct from readings.named
left join hub.derived
    on derived.name = 'declarations'
    and derived.derived_at < written.last_seen_at
    and derived.derived_at >= written.first_seen_at
group by
    written.child,
    written.evidence,
    readings.declared_as,
    readings.named,
    readings.form,
    readings.reason

-- name: collect_silent
-- Collects, with a number each, the children whose relation no declaration gives in a known word; parents that weights rule out do not count unless there is no other.
create or replace temp table silent as
select
    row_number() over () as number,
    gathered.child,
    greatest(1, count(*) filter (where not gathered.is_ruled_out)) as parents,
    coalesce(min(gathered.parent) filter (where not gathered.is_ruled_out), min(gathered.parent)) as parent
from gathered
left join lent_relations as card
    on card.written = gathered.declared_relation
left join lent_relations as hub
    on hub.written = gathered.hub_relation
group by gathered.child
having bool_or(card.written is null and hub.written is null and gathered.typed_relation is null)

-- name: collect_weighed
-- Collects what weights say of possible parents: whether the verdict is one of the $related, and what speaks against the parent, if anything does: that weights contradict it, or that they show no sign of it but one origin with another that was only inferred too.
create or replace temp table weighed as
with compared as (
    select
        evidence.child,
        evidence.parent,
        bool_and(evidence.inferred) as inferred,
        coalesce(bool_or(evidence.relation = 'merge'), false) as is_merge,
        any_value(pairs.verdict) as verdict,
        any_value(pairs.contradicts) as contradicts
    from hub.evidence
    inner join hub.weight_pairs as pairs
        on pairs.a = least(evidence.child, evidence.parent)
        and pairs.b = greatest(evidence.child, evidence.parent)
    where is_linked(evidence.child)
    group by
        evidence.child,
        evidence.parent
)
select
    child,
    parent,
    inferred,
    is_merge,
    list_contains(cast($related as varchar[]), verdict) as is_related,
    case
        when contradicts then 'contradicted'
        when inferred
            and verdict = 'no sign'
            and bool_or(inferred and list_contains(cast($related as varchar[]), verdict)) over (partition by child)
            then verdict
    end as against
from compared

-- name: drop_contradicted
-- Drops the edges that weights contradict, which are kept apart.
delete from hub.edges
using hub.contradicted_edges as contradicted
where is_linked(edges.child)
    and contradicted.child = edges.child
    and contradicted.parent = edges.parent

-- name: drop_declared
-- Drops the declarations that were collected before they were written.
drop table if exists declared

-- name: drop_gathered
-- Drops the evidence that was collected by child and parent.
drop table if exists gathered

-- name: drop_originals
-- Drops the parents that are only copies.
drop table if exists originals

-- name: drop_silent
-- Drops the children whose relation no declaration gives.
drop table if exists silent

-- name: drop_weighed
-- Drops what weights say of possible parents.
drop table if exists weighed

-- name: drop_written
-- Drops the texts that declare parents.
drop table if exists written

-- name: insert_contradicted
-- Writes the edges that weights speak against; not those of merges, whose embedding may be another parent's, nor what a person added.
insert into hub.contradicted_edges by name
select
    edges.child,
    edges.parent,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.declared_as,
    edges.inferred,
    weighed.against as weights
from hub.edges
inner join weighed using (child, parent)
where weighed.against is not null
    and edges.relation <> 'merge'
    and edges.evidence <> 'human'

-- name: insert_declarations
-- Writes the declarations.
insert into hub.declarations by name
from declared
order by child

-- name: insert_declared_evidence
-- Writes every declaration that leads to another model as evidence.
insert into hub.evidence by name
select
    declarations.child,
    resolutions.parent,
    declarations.evidence as kind,
    declarations.relation,
    declarations.declared_as,
    resolutions.resolution,
    weights.confidence,
    false as inferred,
    min(declarations.first_seen_at) as first_seen_at,
    max(declarations.last_seen_at) as last_seen_at
from hub.declarations
inner join hub.resolutions using (named)
inner join lent_weights as weights using (evidence, resolution)
where is_touched(declarations.child)
    and declarations.child <> resolutions.parent
group by all
order by declarations.child

-- name: insert_edges
-- Writes the edges, each with the first relation given by a person, the card, the Hub, a typed tag, a vendor fact, a rule, or the signs.
insert into hub.edges by name
select
    gathered.child,
    gathered.parent,
    coalesce(
        gathered.human_relation,
        card.relation,
        hub.relation,
        typed.relation,
        gathered.curated_relation,
        gathered.inferred_relation,
        concluded.relation,
        $relation
    ) as relation,
    gathered.evidence,
    gathered.confidence,
    gathered.declared_relation,
    gathered.hub_relation,
    gathered.declared_as,
    gathered.resolution,
    case
        when gathered.human_relation is not null then 'human'
        when card.relation is not null then 'card'
        when hub.relation is not null then 'hub'
        when typed.relation is not null then 'typed tag'
        when gathered.curated_relation is not null then 'curated'
        when gathered.inferred_relation is not null then 'name sign'
        else coalesce(concluded.reason, 'default')
    end as relation_reason,
    gathered.inferred,
    nullif(gathered.rule, '') as rule,
    gathered.first_seen_at,
    gathered.last_seen_at
from gathered
left join lent_relations as card
    on card.written = gathered.declared_relation
left join lent_relations as hub
    on hub.written = gathered.hub_relation
left join lent_relations as typed
    on typed.written = gathered.typed_relation
left join silent using (child)
left join lent_inferred as concluded using (number)
order by
    gathered.child,
    gathered.parent

-- name: insert_human_evidence
-- Writes what people added by hand as evidence, under the models' current names.
insert into hub.evidence by name
select
    said.child,
    said.parent,
    'human' as kind,
    said.relation,
    coalesce(said.note, '') as declared_as,
    case
        when said.is_renamed_parent then 'renamed'
        when listed.id is not null then 'exact'
        else 'missing'
    end as resolution,
    1.0 as confidence,
    false as inferred,
    said.made_at as first_seen_at,
    said.made_at as last_seen_at
from hub.said_pairs() as said
left join hub.models as listed
    on listed.id = said.parent
where said.verdict = 'add'
    and is_touched(said.child)

-- name: insert_resolutions
-- Resolves every name of a parent or in a vendor fact, and every bare legacy name, to a model: as listed, through a rename, other capitals,
-- a bare legacy name, or missing.
insert into hub.resolutions
with canonical as (
    select
        split_part(id, '/', 2) as name,
        arg_max(id, (coalesce(downloads, 0), id)) as id
    from hub.models
    where split_part(id, '/', 1) in (
            select unnest($namespaces)
        )
        and created_at >= timestamptz '2022-03-02 23:29:04+00'
        and created_at < timestamptz '2022-03-02 23:29:06+00'
        and is_named_anew(split_part(id, '/', 2))
    group by split_part(id, '/', 2)
),
names as (
    select named
    from hub.declarations
    where named is not null
        and is_named_anew(named)
    union
    select model
    from hub.curated
    where is_named_anew(model)
    union
    select parent
    from hub.curated
    where parent is not null
        and is_named_anew(parent)
    union
    select name
    from canonical
),
renamed as (
    select
        aliases.alias,
        arg_max(models.id, aliases.last_seen_at) as id
    from hub.aliases
    inner join hub.models using (hub_id)
    group by aliases.alias
),
spelled as (
    select
        lower(id) as spelling,
        arg_max(id, (coalesce(downloads, 0), id)) as id
    from hub.models
    where lower(id) in (
        select lower(named)
        from names
    )
    group by lower(id)
),
canonical_spelled as (
    select
        lower(name) as spelling,
        min(id) as id
    from canonical
    group by lower(name)
)
select
    names.named,
    coalesce(
        listed.id, renamed.id, spelled.id, canonical.id, canonical_spelled.id, names.named
    ),
    case
        when listed.id is not null then 'exact'
        when renamed.id is not null then 'renamed'
        when spelled.id is not null then 'case'
        when coalesce(canonical.id, canonical_spelled.id) is not null then 'legacy'
        else 'missing'
    end
from names
left join hub.models as listed
    on listed.id = names.named
left join renamed
    on renamed.alias = names.named
left join spelled
    on spelled.spelling = lower(names.named)
left join canonical
    on canonical.name = names.named
left join canonical_spelled
    on canonical_spelled.spelling = lower(names.named)

-- name: list_files
-- Lists the files fetched from models that may name a parent.
select
    files.model,
    files.path,
    files.content,
    files.fetched_at
from hub.files
where files.content is not null
    and is_changed(files.model)
order by all

-- name: list_readmes
-- Lists the fetched model cards.
select
    model,
    content
from hub.files
where path = 'README.md'
    and content is not null
    and is_touched(model)
order by model

-- name: list_relations
-- Lists the distinct words for a relation that were declared.
select distinct relation
from hub.declarations

-- name: list_silent
-- Lists the silent children by number that have several parents or may show a sign of their relation, with the facts that it is inferred from.
with told as (
    select
        silent.number,
        models.id,
        silent.parents,
        silent.parent,
        coalesce(models.tags, []) as tags,
        models.library,
        models.is_adapter,
        models.is_quantized
    from silent
    inner join hub.models
        on models.id = silent.child
),
tagged as (
    select
        number,
        unnest(tags) as tag
    from told
),
telling as (
    select tag
    from (
        select distinct tag
        from tagged
    )
    where lower(tag) in (
        select unnest(cast($tags as varchar[]))
    )
),
signed as (
    select distinct number
    from tagged
    semi join telling using (tag)
)
select *
from told
where parents > 1
    or is_adapter
    or is_quantized
    or lower(library) in (
        select unnest(cast($libraries as varchar[]))
    )
    or regexp_matches(lower(id), $pattern)
    or number in (
        from signed
    )

-- name: list_texts
-- Lists the distinct texts that declare a parent, with their place.
select distinct
    evidence,
    text
from written
where text is not null

-- name: mark_copies
-- Adds to every edge whose parent is only a copy the model it is a copy of, where that is not there yet.
update hub.edges
set
    original = originals.original,
    original_inferred = originals.inferred
from originals
where originals.copy = edges.parent
    and originals.original <> edges.child
    and (edges.original, edges.original_inferred) is distinct from (originals.original, originals.inferred)

-- name: unmark_copies
-- Removes the original from every edge whose parent is no copy of another model any more.
update hub.edges
set
    original = null,
    original_inferred = null
where original is not null
    and not exists (
        select 1
        from originals
        where originals.copy = edges.parent
            and originals.original <> edges.child
    )
