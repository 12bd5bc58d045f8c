-- Notes that everything derived follows from the records as they are now, and by which lexicon.
insert into hub.derived
values
    ('graph', $lexicon, $derived_at),
    ('declarations', $lexicon, $derived_at)
