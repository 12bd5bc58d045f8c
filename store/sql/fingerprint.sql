-- name: advisories
-- Lists the advisories.
with told as (
    select
        id,
        body
    from hub.advisories
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: aliases
-- Lists the former names.
with told as (
    select
        alias,
        hub_id,
        evidence
    from hub.aliases
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: calibrations
-- Lists the calibrations of judges.
with told as (
    select * exclude (measured_at)
    from hub.calibrations
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: corrections
-- Lists the corrections by people.
with told as (
    select
        child,
        parent,
        verdict,
        relation,
        note
    from hub.corrections
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: curated_files
-- Lists the files of vendor facts that a user chose.
with told as (
    select *
    from hub.curated_files
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: domains
-- Lists the domains of models.
with told as (
    select
        model,
        domain,
        basis,
        confidence,
        signals
    from hub.domains
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: drift
-- Lists the verdicts on drift.
with told as (
    select *
    from hub.verdicts()
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: edges
-- Lists the edges.
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
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: evidence
-- Lists the evidence for edges.
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
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: file_hashes
-- Lists the hashes of files.
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
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: files
-- Lists the fetched files.
with told as (
    select
        model,
        path,
        sha,
        content,
        absent
    from hub.files
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: gone
-- Lists the names that no model has.
with told as (
    select
        id,
        status,
        evidence
    from hub.gone
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: instruments
-- Lists the instruments.
with told as (
    select * exclude (number, slot)
    from hub.instruments
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: lexicon_additions
-- Lists the lexicon files that were read beside the one that ships.
with told as (
    select *
    from hub.lexicon_additions
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: lexicon_domains
-- Lists the domains of the lexicon.
with told as (
    select *
    from hub.lexicon_domains
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: models
-- Lists the models, with everything that their records say: of some fields as JSON and, right behind, the record as it is.
select encode(
    cast(json_array(hub_id, id, status, status_evidence, sha, license, gated) as varchar) || cast(body as varchar)
) as fact
from hub.models

-- name: noise_floors
-- Lists the noise floors.
with told as (
    select * exclude (measured_at)
    from hub.noise_floors
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: problems
-- Lists the problems, each once however often a crawl met it.
with told as (
    select distinct
        hub_id,
        model,
        field,
        problem,
        value
    from hub.problems
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: scores
-- Lists the scores with their items.
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
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: shapes
-- Lists the models whose files say how they are built.
with told as (
    select *
    from hub.shapes
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: trained_on
-- Lists the data sets that models name.
with told as (
    select
        model,
        dataset,
        evidence,
        declared_as
    from hub.trained_on
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: weight_changes
-- Lists how far parts of models lie from those of their relatives.
with told as (
    from hub.weight_changes
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: weight_files
-- Lists what was read of weights.
with told as (
    select * exclude (bytes_read, requests, read_at, crawl)
    from hub.weight_files
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: weight_findings
-- Lists what close readings found.
with told as (
    select * exclude (read_at)
    from hub.weight_findings
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: weight_matrices
-- Lists the rows of weights that are kept, as the SHA-256 of each matrix's.
with told as (
    select * exclude (sketch) replace (sha256(content) as content, sha256(products) as products)
    from hub.weight_matrices
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: weight_mixtures
-- Lists the models that were weighed as mixtures.
with told as (
    select * exclude (read_at)
    from hub.weight_mixtures
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: weight_modules
-- Lists what is kept of the parts of models, as the SHA-256 of each part's sums.
with told as (
    select * exclude (read_at) replace (sha256(sums) as sums)
    from hub.weight_modules
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told

-- name: weight_pairs
-- Lists what weights say of two models.
with told as (
    select * exclude (compared_at)
    from hub.weight_pairs
)
select encode(cast(json_array(*columns(*)) as varchar)) as fact
from told
