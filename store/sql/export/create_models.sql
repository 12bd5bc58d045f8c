-- Makes a table of the chosen models, once for all who read it: what is known of each, and a summary of its drift.
create or replace temp table export_models as
with topics as (
    select
        domains.model as id,
        list(distinct domains.domain order by domains.domain) as domains
    from hub.domains
    group by domains.model
),
measured as (
    select
        standing.nid,
        count(distinct standing.instrument) as instruments
    from hub.standing
    group by standing.nid
),
verdicts as (
    select
        drift.model as id,
        count(*) filter (where drift.verdict = 'worse') as worse,
        count(*) filter (where drift.verdict = 'better') as better,
        count(*) filter (where drift.verdict = 'equivalent') as equivalent,
        count(*) filter (where drift.verdict = 'undecided') as undecided,
        count(*) filter (where drift.verdict = 'withheld') as withheld
    from hub.drift
    inner join hub.instruments using (instrument)
    where drift.against = 'scored_ancestor'
        and instruments.direction <> 'capability'
    group by drift.model
)
select
    nodes.id,
    nodes.status,
    models.author,
    models.created_at,
    models.sha as revision,
    models.library,
    models.license,
    models.pipeline_tag,
    models.gated,
    models.downloads,
    models.likes,
    models.parameters,
    topics.domains,
    families.root,
    families.depth,
    coalesce(reach.derivatives, 0) as derivatives,
    measured.instruments,
    case
        when verdicts.worse > 0 and verdicts.better > 0
            then 'contradictory'
        when verdicts.worse > 0
            then 'worse'
        when verdicts.better > 0
            then 'better'
        when verdicts.equivalent > 0
            then 'equivalent'
        when verdicts.undecided > 0
            then 'undecided'
        when verdicts.withheld > 0
            then 'withheld'
    end as drift,
    verdicts.worse,
    verdicts.better,
    verdicts.equivalent,
    verdicts.undecided,
    verdicts.withheld
from hub.nodes
semi join lent_selected using (nid)
left join hub.models
    on models.hub_id = nodes.hub_id
left join topics
    on topics.id = nodes.id
left join hub.families
    on families.model = nodes.id
left join hub.reach
    on reach.model = nodes.id
left join measured
    on measured.nid = nodes.nid
left join verdicts
    on verdicts.id = nodes.id
order by nodes.nid
