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
