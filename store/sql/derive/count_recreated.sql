-- Counts the models whose name another repository has as well.
select count(*) - count(distinct id)
from hub.models
