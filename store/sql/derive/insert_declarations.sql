-- Writes the declarations anew.
insert into hub.declarations by name
from declared
