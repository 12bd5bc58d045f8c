-- Writes the domains that models show by their own signs.
insert into hub.domains
select
    model,
    domain,
    'own',
    confidence,
    string_split(signals, chr(31))
from lent_domains
