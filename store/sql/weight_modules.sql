-- name: add
-- Stores the lent parts of models.
insert into hub.weight_modules by name
select
    model::varchar as model,
    sha::varchar as sha,
    role::varchar as role,
    layer::integer as layer,
    first_row::bigint as first_row,
    stop_row::bigint as stop_row,
    columns::integer as columns,
    sums::blob as sums,
    $now as read_at
from lent_modules

-- name: drop
-- Forgets what was kept of the lent models before.
delete from hub.weight_modules
using lent_asked_names
where weight_modules.model = lent_asked_names.model

-- name: fingerprint
-- Returns a fingerprint of what is kept, which changes with each reading; no row if nothing is.
select format('{:x}', bit_xor(hash(concat_ws(' ', model, sha, role, layer, read_at))))
from hub.weight_modules
having count(*) > 0

-- name: modules
-- Returns what is kept of the lent models, a model's parts one after the other.
select
    modules.model,
    modules.role,
    modules.layer,
    modules.first_row,
    modules.stop_row,
    modules.columns,
    modules.sums
from hub.weight_modules as modules
semi join lent_asked_names
    on lent_asked_names.model = modules.model
order by
    modules.model,
    modules.role,
    modules.layer

-- name: read_nodes
-- Lists the numbers of the models of which parts are kept, as read at their present commit or at one that is not known.
select nodes.nid
from hub.nodes
semi join hub.weight_modules as modules
    on modules.model = nodes.id
left join hub.models
    on models.hub_id = nodes.hub_id
where not exists (
    from hub.weight_modules as stale
    where stale.model = nodes.id
        and stale.sha <> models.sha
)
order by nodes.nid
