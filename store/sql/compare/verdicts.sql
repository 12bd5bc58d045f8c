-- Notes which verdicts on drift are new, gone or other ones, or speak of another ancestor.
insert into differences
with former as (
    select
        coalesce(names.current, drift.model) as model,
        drift.against,
        drift.instrument,
        coalesce(reference.current, drift.reference) as reference,
        drift.verdict,
        drift.delta
    from before.hub.drift
    left join names
        on names.former = drift.model
    left join names as reference
        on reference.former = drift.reference
),
paired as (
    select
        coalesce(former.model, drift.model) as model,
        coalesce(former.instrument, drift.instrument) || ' against ' || coalesce(former.against, drift.against) as what,
        former.verdict as old_verdict,
        former.verdict || coalesce(' than ' || former.reference, '') || coalesce(printf(' (%+.2f)', former.delta), '')
            as old_words,
        drift.verdict,
        drift.verdict || coalesce(' than ' || drift.reference, '') || coalesce(printf(' (%+.2f)', drift.delta), '')
            as words
    from former
    full join after.hub.drift
        on drift.model = former.model
        and drift.against = former.against
        and drift.instrument = former.instrument
        and (drift.against <> 'parent' or drift.reference is not distinct from former.reference)
    where former.verdict is distinct from drift.verdict
        or former.reference is distinct from drift.reference
)
select
    'verdict_new',
    model,
    what,
    null,
    words
from paired
where old_verdict is null
union all
select
    'verdict_gone',
    model,
    what,
    old_words,
    null
from paired
where verdict is null
union all
select
    'verdict',
    model,
    what,
    old_words,
    words
from paired
where old_verdict is not null
    and verdict is not null
