-- Returns the domains of every scored model that an analyst would list, own and inherited.
select
    model,
    list_sort(list_distinct(list(domain))) as domains
from hub.domains
semi join hub.scored_names
    on scored_names.id = domains.model
where confidence >= $confidence
group by model
