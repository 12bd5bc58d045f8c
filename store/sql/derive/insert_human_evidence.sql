-- Writes what people added by hand as evidence, under the names that the models have today.
insert into hub.evidence by name
with said as (
    from corrections
    qualify row_number() over (partition by child, parent order by made_at desc) = 1
)
select
    coalesce(child.id, said.child) as child,
    coalesce(parent.id, said.parent) as parent,
    'human' as kind,
    said.relation,
    coalesce(said.note, '') as declared_as,
    case
        when listed.id is not null then 'exact'
        when parent.id is not null then 'renamed'
        else 'missing'
    end as resolution,
    1.0 as confidence,
    said.made_at as first_seen_at,
    said.made_at as last_seen_at
from said
left join aliases as child
    on child.alias = said.child
left join aliases as parent
    on parent.alias = said.parent
left join hub.models as listed
    on listed.id = said.parent
where said.verdict = 'add'
