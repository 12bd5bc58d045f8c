-- Lists the data sets that models name (with $is_selected those lent), the most named first, with the places that say so.
select
    trained_on.dataset,
    count(distinct trained_on.model) as models,
    list_sort(list(distinct trained_on.evidence)) as evidence,
    arg_max(trained_on.model, coalesce(models.downloads, 0)) as most_downloaded
from hub.trained_on
inner join hub.models
    on models.id = trained_on.model
where not $is_selected
    or trained_on.model in (
        select nodes.id
        from hub.nodes
        semi join lent_selected using (nid)
    )
group by trained_on.dataset
order by
    models desc,
    trained_on.dataset
limit $limit
