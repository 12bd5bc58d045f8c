-- Lists what could not be read as it should be of the models whose numbers are lent.
select
    problems.model,
    problems.field,
    problems.problem,
    problems.value
from problems
inner join hub.nodes
    on nodes.id = problems.model
semi join lent_dossiers using (nid)
order by
    problems.model,
    problems.field,
    problems.problem,
    problems.value
