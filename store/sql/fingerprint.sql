-- name: aliases
-- Lists the hashes of the former names, in order.
with told as (
    select
        alias,
        hub_id,
        evidence
    from hub.aliases
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: calibrations
-- Lists the hashes of the calibrations of judges, in order.
with told as (
    select * exclude (measured_at)
    from hub.calibrations
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: corrections
-- Lists the hashes of the corrections by people, in order.
with told as (
    select
        child,
        parent,
        verdict,
        relation,
        note
    from hub.corrections
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: curated_files
-- Lists the hashes of the files of vendor facts that a user chose, in order.
with told as (
    select *
    from hub.curated_files
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: domains
-- Lists the hashes of the domains of models, in order.
with told as (
    select
        model,
        domain,
        basis,
        confidence,
        signals
    from hub.domains
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: drift
-- Lists the hashes of the verdicts on drift, in order.
with told as (
    select *
    from hub.verdicts()
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: edges
-- Lists the hashes of the edges, in order.
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
select hub.hash_of(told) as hash
from told
order by hash

-- name: evidence
-- Lists the hashes of the evidence for edges, in order.
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
select hub.hash_of(told) as hash
from told
order by hash

-- name: file_hashes
-- Lists the hashes of the hashes of files, in order.
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
select hub.hash_of(told) as hash
from told
order by hash

-- name: files
-- Lists the hashes of the fetched files, in order.
with told as (
    select
        model,
        path,
        sha,
        content,
        absent
    from hub.files
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: gone
-- Lists the hashes of the names that no model has, in order.
with told as (
    select
        id,
        status,
        evidence
    from hub.gone
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: instruments
-- Lists the hashes of the instruments, in order.
with told as (
    select * exclude (number, slot)
    from hub.instruments
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: lexicon_additions
-- Lists the hashes of the lexicon files that were read beside the one that ships, in order.
with told as (
    select *
    from hub.lexicon_additions
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: lexicon_domains
-- Lists the hashes of the domains of the lexicon, in order.
with told as (
    select *
    from hub.lexicon_domains
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: models
-- Lists the hashes of the models, with everything that their records say, in order: of some fields as JSON and, right behind, the record as it is.
select sha256(
    cast(to_json({
        'hub_id': hub_id,
        'id': id,
        'status': status,
        'status_evidence': status_evidence,
        'sha': sha,
        'license': license,
        'gated': gated
    }) as varchar) || cast(body as varchar)
) as hash
from hub.models
order by hash

-- name: problems
-- Lists the hashes of the problems, each once however often a crawl met it, in order.
with told as (
    select distinct
        hub_id,
        model,
        field,
        problem,
        value
    from hub.problems
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: scores
-- Lists the hashes of the scores with their items, in order.
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
select hub.hash_of(told) as hash
from told
order by hash

-- name: shapes
-- Lists the hashes of the models whose files say how they are built, in order.
with told as (
    select *
    from hub.shapes
)
select hub.hash_of(told) as hash
from told
order by hash

-- name: trained_on
-- Lists the hashes of the data sets that models name, in order.
with told as (
    select
        model,
        dataset,
        evidence,
        declared_as
    from hub.trained_on
)
select hub.hash_of(told) as hash
from told
order by hash
