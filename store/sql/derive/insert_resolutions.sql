-- Resolves every name of a parent to a model: as listed, through a rename, other capitals, a bare legacy name, or missing.
insert into hub.resolutions
with names as (
    select distinct named
    from hub.declarations
    where named is not null
),
renamed as (
    select
        aliases.alias,
        arg_max(models.id, aliases.last_seen_at) as id
    from hub.aliases
    inner join hub.models using (hub_id)
    group by aliases.alias
),
spelled as (
    select
        lower(id) as spelling,
        arg_max(id, (coalesce(downloads, 0), id)) as id
    from hub.models
    where lower(id) in (
        select lower(named)
        from names
    )
    group by lower(id)
),
canonical as (
    select
        split_part(id, '/', 2) as name,
        arg_max(id, (coalesce(downloads, 0), id)) as id
    from hub.models
    where split_part(id, '/', 1) in (
            select unnest($namespaces)
        )
        and created_at >= timestamptz '2022-03-02 23:29:04+00'
        and created_at < timestamptz '2022-03-02 23:29:06+00'
    group by split_part(id, '/', 2)
),
canonical_spelled as (
    select
        lower(name) as spelling,
        min(id) as id
    from canonical
    group by lower(name)
)
select
    names.named,
    coalesce(
        listed.id, renamed.id, spelled.id, canonical.id, canonical_spelled.id, names.named
    ),
    case
        when listed.id is not null then 'exact'
        when renamed.id is not null then 'renamed'
        when spelled.id is not null then 'case'
        when coalesce(canonical.id, canonical_spelled.id) is not null then 'legacy'
        else 'missing'
    end
from names
left join hub.models as listed
    on listed.id = names.named
left join renamed
    on renamed.alias = names.named
left join spelled
    on spelled.spelling = lower(names.named)
left join canonical
    on canonical.name = names.named
left join canonical_spelled
    on canonical_spelled.spelling = lower(names.named)
