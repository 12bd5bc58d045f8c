-- Notes how far models moved, from the lent rows.
insert into hub.drift by name
from lent_drift
