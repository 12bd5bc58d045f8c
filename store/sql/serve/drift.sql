-- Lists stored drift of the selected models, or of all: the largest differences first, what nothing can be said of last.
select
    drift.*,
    instruments.name,
    instruments.construct
from drift
left join instruments using (instrument)
where (not $is_selected or drift.model in (
        select nodes.id
        from hub.nodes
        semi join lent_selected using (nid)
    ))
    and ($against is null or drift.against = $against)
    and ($verdict is null or drift.verdict = $verdict)
    and ($name is null or instruments.name = $name)
order by
    abs(drift.delta) desc nulls last,
    drift.model,
    drift.instrument,
    drift.against,
    drift.reference
limit $limit
