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

-- name: clear_declarations
-- Empties the declarations before they are written anew.
truncate hub.declarations

-- name: clear_domains
-- Empties the domains before they are written anew.
truncate hub.domains

-- name: clear_edges
-- Empties the edges before they are written anew.
truncate hub.edges

-- name: clear_evidence
-- Empties the evidence before it is written anew.
truncate hub.evidence

-- name: clear_families
-- Empties the families before they are written anew.
truncate hub.families

-- name: clear_links
-- Empties the numbered edges before they are written anew.
truncate hub.links

-- name: clear_nodes
-- Empties the numbered models before they are numbered anew.
truncate hub.nodes

-- name: clear_other_roots
-- Empties the further roots before they are written anew.
truncate hub.other_roots

-- name: clear_reach
-- Empties what stands below models before it is written anew.
truncate hub.reach

-- name: clear_resolutions
-- Empties the resolutions of names before they are written anew.
truncate hub.resolutions

-- name: clear_trained_on
-- Empties what models were trained on.
delete from hub.trained_on

-- name: collect_declarations
-- Collects every declaration of a parent as it is written in the records: one row for each element and place.
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
    from hub.models
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
-- Gathers the evidence by child and parent, what is inferred only for those that declare nothing; a GGUF file may name the base of the model that it is a copy of.
create or replace temp table gathered as
with rejected as (
    select
        coalesce(child.id, said.child) as child,
        coalesce(parent.id, said.parent) as parent
    from (
        from corrections
        qualify row_number() over (partition by child, parent order by made_at desc) = 1
    ) as said
    left join aliases as child
        on child.alias = said.child
    left join aliases as parent
        on parent.alias = said.parent
    where said.verdict = 'reject'
),
skipping as (
    select
        header.child,
        header.parent
    from hub.evidence as header
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
    where header.kind = 'gguf'
),
telling as (
    from hub.evidence
    where kind <> 'gguf'
        or (child, parent) not in (
            from skipping
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
    max(evidence.relation) filter (where evidence.kind = 'human') as human_relation,
    max(evidence.relation) filter (where evidence.kind = 'card') as declared_relation,
    max(evidence.relation) filter (where evidence.kind = 'hub') as hub_relation,
    arg_max(
        evidence.relation,
        list_position(['finetune', 'adapter', 'quantized', 'merge'], evidence.relation)
    ) filter (where evidence.kind in ('tag', 'config', 'adapter_config')) as typed_relation,
    arg_max(evidence.relation, evidence.confidence) filter (where evidence.inferred) as inferred_relation,
    min(evidence.first_seen_at) as first_seen_at,
    max(evidence.last_seen_at) as last_seen_at
from telling as evidence
inner join lent_ranks as ranks using (kind)
left join declared using (child)
where (
        not evidence.inferred
        or (
            evidence.confidence >= ranks.at_least
            and declared.child is null
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

-- name: collect_readings
-- Gathers the declarations with what their text was read as, keeping when each was first seen.
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

-- name: count_recreated
-- Counts the models whose name another repository has as well.
select count(*) - count(distinct id)
from hub.models

-- name: cycle_problems
-- Reports the models that are each other's ancestors, one row a model with the group as the value.
insert into hub.problems
with grouped as (
    select
        lent.group_number,
        nodes.hub_id,
        nodes.id
    from lent_cycles as lent
    inner join hub.nodes using (nid)
)
select
    hub_id,
    id,
    'lineage.cycle',
    'is its own ancestor',
    string_agg(id, ' -> ' order by id) over (partition by group_number),
    -1
from grouped

-- name: doubtful_links
-- Returns the inferred edges as the numbers of child and parent, with how sure each is.
select
    child.nid as child,
    parent.nid as parent,
    edges.confidence
from hub.edges
inner join hub.nodes as child
    on child.id = edges.child
inner join hub.nodes as parent
    on parent.id = edges.parent
where edges.inferred

-- name: drop_problems
-- Removes what was said of declarations and of the graph before it is said anew.
delete from hub.problems
where starts_with(field, 'lineage.')

-- name: drop_recreated
-- Removes the models whose name now belongs to another, later repository.
delete from hub.models
where hub_id in (
    select hub_id
    from hub.models
    qualify row_number() over (partition by id order by hub_id desc) > 1
)

-- name: forget_derived
-- Forgets what was noted of the derived tables, before it is noted anew.
truncate hub.derived

-- name: freshness
-- Returns the lexicon by which everything derived follows from the records, or nothing where records have come since.
select value
from hub.derived
where name = 'graph'

-- name: insert_declarations
-- Writes the declarations anew.
insert into hub.declarations by name
from declared

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
where declarations.child <> resolutions.parent
group by all

-- name: insert_edges
-- Writes the edges anew: a person's relation before the card's, the Hub's, a typed tag's, a rule's, what the signs say.
insert into hub.edges by name
select
    gathered.child,
    gathered.parent,
    coalesce(
        gathered.human_relation,
        card.relation,
        hub.relation,
        typed.relation,
        gathered.inferred_relation,
        concluded.relation,
        'finetune'
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
left join lent_inferred as concluded using (child)

-- name: insert_families
-- Writes for every model its root, the distance to it, size and component of its family, and if only inferred edges lead there.
insert into hub.families
select
    nodes.id,
    root.id,
    lent.depth,
    lent.size,
    lent.component,
    lent.inferred
from lent_families as lent
inner join hub.nodes
    on nodes.nid = lent.nid
inner join hub.nodes as root
    on root.nid = lent.root

-- name: insert_human_evidence
-- Writes what people added by hand as evidence, under the names that the models have today.
insert into hub.evidence by name
with said as (
    from corrections
    qualify row_number() over (partition by child, parent order by made_at desc) = 1
)
select
    coalesce(child.id, said.child) as child,
    coalesce(parent.id, said.parent) as parent,
    'human' as kind,
    said.relation,
    coalesce(said.note, '') as declared_as,
    case
        when listed.id is not null then 'exact'
        when parent.id is not null then 'renamed'
        else 'missing'
    end as resolution,
    1.0 as confidence,
    false as inferred,
    said.made_at as first_seen_at,
    said.made_at as last_seen_at
from said
left join aliases as child
    on child.alias = said.child
left join aliases as parent
    on parent.alias = said.parent
left join hub.models as listed
    on listed.id = said.parent
where said.verdict = 'add'

-- name: insert_inherited_domains
-- Writes the domain that models inherit from their nearest ancestor that shows it by its own signs.
insert into hub.domains
select
    nodes.id,
    $domain,
    'inherited',
    lent.confidence,
    list_concat(
        ['ancestor:' || ancestor.id, 'distance:' || lent.distance, 'path:' || lent.path],
        case when lent.inferred > 0 then ['inferred edges:' || lent.inferred] else [] end
    )
from lent_inherited as lent
inner join hub.nodes
    on nodes.nid = lent.nid
inner join hub.nodes as ancestor
    on ancestor.nid = lent.ancestor

-- name: insert_links
-- Writes the edges as the numbers of child and parent and the order of the relation, sorted by child.
insert into hub.links
select
    child.nid as child,
    parent.nid as parent,
    list_position(['finetune', 'adapter', 'quantized', 'merge'], edges.relation) - 1 as relation
from hub.edges
inner join hub.nodes as child
    on child.id = edges.child
inner join hub.nodes as parent
    on parent.id = edges.parent
order by
    child,
    parent

-- name: insert_nodes
-- Numbers every model and every parent that was named but never seen, as missing or what the Hub says, by id.
insert into hub.nodes
with known as (
    select
        id,
        hub_id,
        status
    from hub.models
    union all
    select
        edges.parent,
        null,
        coalesce(any_value(gone.status), 'missing')
    from hub.edges
    left join hub.gone
        on gone.id = edges.parent
    where not exists (
        select 1
        from hub.models
        where models.id = edges.parent
    )
    group by edges.parent
)
select
    row_number() over (order by id) - 1,
    id,
    hub_id,
    status
from known

-- name: insert_other_roots
-- Writes the roots of models besides the nearest, with the distance to each.
insert into hub.other_roots
select
    nodes.id,
    root.id,
    lent.distance,
    lent.inferred
from lent_roots as lent
inner join hub.nodes
    on nodes.nid = lent.nid
inner join hub.nodes as root
    on root.nid = lent.root

-- name: insert_own_domains
-- Writes the domains that models show by their own signs.
insert into hub.domains
select
    model,
    domain,
    'own',
    confidence,
    string_split(signals, chr(31))
from lent_domains

-- name: insert_reach
-- Writes for every model with derivatives how many there are, their downloads with its own, and how many are inferred.
insert into hub.reach
select
    nodes.id,
    lent.derivatives,
    lent.exposure,
    lent.inferred
from lent_reach as lent
inner join hub.nodes
    on nodes.nid = lent.nid

-- name: insert_resolutions
-- Resolves every name of a parent, and every bare legacy name, to a model: as listed, through a rename, other capitals,
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
    group by split_part(id, '/', 2)
),
names as (
    select named
    from hub.declarations
    where named is not null
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

-- name: insert_trained_on
-- Writes what models were trained on, as their tags, cards and fetched front matters say; addresses become ids.
insert into hub.trained_on
with carded as (
    select
        id as model,
        body -> '$.cardData.datasets' as datasets
    from hub.models
    where card_hash is not null
),
listed as (
    select
        id as model,
        'tag' as evidence,
        unnest(list_filter(tags, lambda tag: starts_with(tag, 'dataset:'))) as declared_as,
        8 as prefix
    from hub.models
    union all
    select
        model,
        'card',
        unnest(case json_type(datasets)
            when 'ARRAY' then list_filter(json_extract(datasets, '$[*]'), lambda item: json_type(item) = 'VARCHAR')
            when 'VARCHAR' then [datasets]
        end) ->> '$',
        0
    from carded
    union all
    select
        model,
        'readme',
        declared_as,
        0
    from lent_datasets
)
select distinct
    model,
    regexp_replace(
        trim(declared_as[prefix + 1:]),
        '^(?:(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/datasets/|hf://datasets/|datasets/)?(.*?)/*$',
        '\1',
        'is'
    ) as dataset,
    evidence,
    declared_as
from listed
where dataset <> ''

-- name: keep_recreated
-- Keeps the record of a repository whose name now belongs to another, later repository.
insert into hub.history
select
    hub_id,
    id,
    sha,
    'recreated',
    last_seen_at,
    last_seen_at,
    crawl,
    body
from hub.models
qualify count(*) over (partition by id) > 1
    and row_number() over (partition by id order by hub_id desc) > 1

-- name: list_candidates
-- Lists the models that may show a sign of a domain: a superset, to be judged one by one.
with tagged as (
    select
        hub_id,
        lower(trim(unnest(tags))) as tag
    from hub.models
),
topical as (
    select distinct hub_id
    from tagged
    where tag in (
            select unnest(cast($tags as varchar[]))
        )
        or (
            starts_with(tag, 'dataset:')
            and (
                regexp_matches(tag, $tag_pattern)
                or len(list_filter(cast($tag_prefixes as varchar[]), lambda prefix: starts_with(tag, prefix))) > 0
            )
        )
)
select
    id,
    coalesce(tags, []),
    coalesce(card_languages, []),
    library,
    pipeline_tag
from hub.models
where regexp_matches(lower(id), $id_pattern)
    or hub_id in (
        select hub_id
        from topical
    )

-- name: list_downloads
-- Returns the downloads of every model in the order of the numbers, 0 where unknown, at most a million million.
select cast(greatest(0, least(coalesce(models.downloads, 0), 1000000000000)) as bigint) as downloads
from hub.nodes
left join hub.models
    on models.hub_id = nodes.hub_id
order by nodes.nid

-- name: list_files
-- Lists the files fetched from models that may name a parent.
select
    files.model,
    files.path,
    files.content,
    files.fetched_at
from hub.files
where files.content is not null
order by all

-- name: list_readmes
-- Lists the fetched model cards.
select
    model,
    content
from hub.files
where path = 'README.md'
    and content is not null
order by model

-- name: list_relations
-- Lists the distinct words for a relation that were declared.
select distinct relation
from hub.declarations

-- name: list_silent
-- Lists the children whose relation no declaration says in a known word, with the facts that it is inferred from.
with silent as (
    select
        gathered.child,
        bool_or(card.written is null and hub.written is null and gathered.typed_relation is null) as is_silent,
        count(*) as parents
    from gathered
    left join lent_relations as card
        on card.written = gathered.declared_relation
    left join lent_relations as hub
        on hub.written = gathered.hub_relation
    group by gathered.child
)
select
    models.id,
    silent.parents,
    list_filter(coalesce(models.tags, []), lambda tag: tag is not null),
    models.library,
    models.is_adapter,
    models.is_quantized
from silent
inner join hub.models
    on models.id = silent.child
where silent.is_silent

-- name: list_texts
-- Lists the distinct texts that declare a parent, with the place where they stand.
select distinct
    evidence,
    text
from written
where text is not null

-- name: mark_arrays
-- Notes a name of the numbered models, their downloads and edges: arrays of them are current while it stays the same.
insert into hub.derived
select
    'arrays',
    format(
        '{:x}-{:x}',
        (
            select coalesce(bit_xor(hash(nodes.nid, nodes.id, models.downloads)), 0)
            from hub.nodes
            left join hub.models
                on models.hub_id = nodes.hub_id
        ),
        (
            select coalesce(bit_xor(hash(child, parent, relation)), 0)
            from hub.links
        )
    ),
    $derived_at

-- name: mark_copies
-- Writes beside every edge whose parent is only a copy (its one parent by fewer bits, or by identical weights) the model that it is a copy of, through copies of copies.
update hub.edges
set
    original = found.original,
    original_inferred = found.inferred
from (
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
) as found
where found.copy = edges.parent
    and found.original <> edges.child

-- name: mark_fresh
-- Notes that everything derived follows from the records as they are now, and by which lexicon.
insert into hub.derived
values
    ('graph', $lexicon, $derived_at),
    ('declarations', $lexicon, $derived_at)

-- name: own_domain_nodes
-- Returns the numbers of the models that show a domain by their own signs, at least so surely.
select
    nodes.nid,
    domains.confidence
from hub.domains
inner join hub.nodes
    on nodes.id = domains.model
where domains.domain = $domain
    and domains.basis = 'own'
    and domains.confidence >= $confidence
order by nodes.nid

-- name: self_problems
-- Reports the models that name themselves as parent, once each.
insert into hub.problems
select
    models.hub_id,
    models.id,
    'lineage.parent',
    'names itself as parent',
    min(declarations.declared_as),
    any_value(models.crawl)
from hub.declarations
inner join hub.resolutions using (named)
inner join hub.models
    on models.id = declarations.child
where resolutions.parent = declarations.child
group by
    models.hub_id,
    models.id

-- name: unread_problems
-- Reports the declarations that name no model, with the reason.
insert into hub.problems
select
    models.hub_id,
    models.id,
    'lineage.parent',
    'names no model: ' || declarations.reason,
    declarations.declared_as,
    models.crawl
from hub.declarations
inner join hub.models
    on models.id = declarations.child
where declarations.named is null
