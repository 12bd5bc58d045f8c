-- Returns the commits of the lent models, those that are known.
select
    id,
    revision
from models
semi join lent_models
    on lent_models.model = models.id
where revision is not null
