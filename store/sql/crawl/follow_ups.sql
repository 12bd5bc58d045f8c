-- Lists the domain models that name no parent and whose files were not fetched at this revision.
select distinct
    models.id,
    models.sha
from hub.domains
inner join hub.models
    on models.id = domains.model
where list_contains($domains, domains.domain)
    and domains.basis = 'own'
    and models.status = 'present'
    and models.id not in (
        select child
        from hub.edges
        where not inferred
    )
    and not exists (
        select 1
        from hub.files
        where files.model = models.id
            and files.sha is not distinct from models.sha
    )
order by models.id
