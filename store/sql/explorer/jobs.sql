-- Returns what is to be evaluated, runs, failed or is skipped of the lent models: done jobs left their scores behind.
select
    nodes.nid as model,
    coalesce(jobs.instrument, '') as instrument,
    jobs.state,
    jobs.reason,
    coalesce(jobs.error, '') as error
from hub.jobs
inner join hub.nodes
    on nodes.id = jobs.model
where jobs.state <> 'done'
    and nodes.nid in (
        select nid
        from lent_members
    )
order by
    nodes.nid,
    jobs.number
