-- name: aliases
-- Counts the former names, and returns a hash over them whatever their order.
with told as (
    select
        alias,
        hub_id,
        evidence
    from hub.aliases
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: calibrations
-- Counts the calibrations of judges, and returns a hash over them whatever their order.
with told as (
    select * exclude (measured_at)
    from hub.calibrations
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: corrections
-- Counts the corrections by people, and returns a hash over them whatever their order.
with told as (
    select
        child,
        parent,
        verdict,
        relation,
        note
    from hub.corrections
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: curated_files
-- Counts the files of vendor facts that a user chose, and returns a hash over them and their order.
with told as (
    select *
    from hub.curated_files
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: domains
-- Counts the domains of models, and returns a hash over them whatever their order.
with told as (
    select
        model,
        domain,
        basis,
        confidence,
        signals
    from hub.domains
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: drift
-- Counts the verdicts on drift, and returns a hash over them whatever their order.
with told as (
    select *
    from hub.drift
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: edges
-- Counts the edges, and returns a hash over them whatever their order.
with told as (
    select
        child,
        parent,
        relation,
        evidence,
        confidence,
        declared_relation,
        hub_relation,
        declared_as,
        resolution,
        relation_reason,
        coalesce(inferred, false) as inferred,
        rule,
        original,
        original_inferred
    from hub.edges
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: evidence
-- Counts the evidence for edges, and returns a hash over them whatever their order.
with told as (
    select
        child,
        parent,
        kind,
        rule,
        relation,
        declared_as,
        resolution,
        confidence
    from hub.evidence
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: file_hashes
-- Counts the hashes of files, and returns a hash over them whatever their order.
with told as (
    select
        model,
        path,
        sha,
        size_bytes,
        oid,
        lfs_oid
    from hub.file_hashes
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: files
-- Counts the fetched files, and returns a hash over them whatever their order.
with told as (
    select
        model,
        path,
        sha,
        content,
        absent
    from hub.files
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: gone
-- Counts the names that no model has, and returns a hash over them whatever their order.
with told as (
    select
        id,
        status,
        evidence
    from hub.gone
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: instruments
-- Counts the instruments, and returns a hash over them whatever their order.
with told as (
    select * exclude (number, slot)
    from hub.instruments
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: lexicon_additions
-- Counts the lexicon files that were read beside the one that ships, and returns a hash over them whatever their order.
with told as (
    select *
    from hub.lexicon_additions
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: lexicon_domains
-- Counts the domains of the lexicon, and returns a hash over them whatever their order.
with told as (
    select *
    from hub.lexicon_domains
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: models
-- Counts the models, with everything that their records say, and returns a hash over them whatever their order.
with told as (
    select
        hub_id,
        id,
        status,
        status_evidence,
        sha,
        license,
        gated,
        body
    from hub.models
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: problems
-- Counts the problems, each once however often a crawl met it, and returns a hash over them whatever their order.
with told as (
    select distinct
        hub_id,
        model,
        field,
        problem,
        value
    from hub.problems
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: scores
-- Counts the scores with their items, and returns a hash over them whatever their order.
with told as (
    select
        scores.run,
        coalesce(scored_names.id, scored_names.repository) || scored_names.variant as model,
        instruments.instrument,
        scores.revision,
        scores.value,
        scores.stderr,
        scores.items,
        scores.reply_length,
        scores.source,
        scores.origin,
        scores.run_name,
        scores.is_reported,
        scores.measured_at,
        scores.run in (
            select run
            from hub.rejected_scores()
        ) as is_rejected,
        kept.items_hash
    from hub.scores
    inner join hub.scored_names
        on scored_names.number = scores.named
    inner join hub.instruments
        on instruments.number = scores.instrument
    left join (
        select
            score,
            sha256(string_agg(
                cast(to_json(row(item, value, cluster, reply_length)) as varchar),
                chr(30) order by item
            )) as items_hash
        from hub.items
        group by score
    ) as kept
        on kept.score = scores.number
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: shapes
-- Counts the models whose files say how they are built, and returns a hash over what they say whatever their order.
with told as (
    select *
    from hub.shapes
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told

-- name: trained_on
-- Counts the data sets that models name, and returns a hash over them whatever their order.
with told as (
    select
        model,
        dataset,
        evidence,
        declared_as
    from hub.trained_on
)
select
    count(*) as facts,
    hub.hash_of(told) as hash
from told
