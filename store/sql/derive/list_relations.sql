-- Lists the distinct words for a relation that were declared.
select distinct relation
from hub.declarations
