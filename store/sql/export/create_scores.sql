-- Makes the table of the scores of the chosen models for this connection.
create or replace temp view export_scores as
with members as (
    select nodes.id
    from hub.nodes
    semi join lent_selected using (nid)
)
select
    scores.model,
    scores.revision,
    scores.instrument,
    instruments.name,
    instruments.construct,
    instruments.direction,
    instruments.low,
    instruments.high,
    scores.value,
    scores.stderr,
    scores.items,
    scores.source,
    scores.run,
    scores.measured_at,
    scores.state,
    scores.is_standing
from main.scores
inner join main.instruments using (instrument)
semi join members
    on members.id = scores.model
order by
    scores.model,
    scores.instrument,
    scores.run
