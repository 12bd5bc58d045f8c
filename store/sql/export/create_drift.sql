-- Makes the table of the drift of the chosen models for this connection, against each of their ancestors.
create or replace temp view export_drift as
with members as (
    select nodes.id
    from hub.nodes
    semi join lent_selected using (nid)
)
select drift.*
from main.drift
semi join members
    on members.id = drift.model
order by
    drift.model,
    drift.against,
    drift.instrument,
    drift.reference
