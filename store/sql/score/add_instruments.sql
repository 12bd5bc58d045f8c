-- Adds the identities that are lent.
insert into hub.instruments by name
from lent_instruments
