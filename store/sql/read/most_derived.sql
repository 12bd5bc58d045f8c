-- Returns the model of a domain, by its own signs, with the most derivatives.
select edges.parent
from edges
inner join domains
    on domains.model = edges.parent
where domains.domain = $domain
    and domains.basis = 'own'
group by edges.parent
order by
    count(*) desc,
    edges.parent
limit 1
