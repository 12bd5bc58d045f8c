-- Returns the version that the database's schema has reached.
select max(version)
from hub.schema_version
