-- Counts the selected models by what is known of their scores: measured, stale, reported or unscored.
select
    coalesce(best.state, 'unscored') as state,
    count(*) as models
from lent_selected
left join (
    select
        nid,
        arg_min(state, list_position(['measured', 'stale', 'reported'], state)) as state
    from hub.standing
    group by nid
) as best using (nid)
group by all
