-- Lists the evaluations of the models whose numbers are lent that gave no score yet, or never will.
select
    jobs.model,
    jobs.instrument,
    jobs.state,
    jobs.reason,
    jobs.error,
    jobs.revision
from jobs
inner join hub.nodes
    on nodes.id = jobs.model
semi join lent_dossiers using (nid)
where jobs.state <> 'done'
order by
    jobs.model,
    jobs.instrument nulls first,
    jobs.job
