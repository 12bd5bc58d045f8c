-- Returns the derivative with the most verdicts, first of safety, against its nearest scored ancestor; of several the most downloaded.
select drift.model
from drift
inner join instruments using (instrument)
inner join models
    on models.id = drift.model
where drift.against = 'scored_ancestor'
    and drift.verdict in ('worse', 'better', 'equivalent')
group by drift.model
order by
    count(*) filter (where instruments.direction <> 'capability') desc,
    count(*) desc,
    max(models.downloads) desc,
    drift.model
limit 1
