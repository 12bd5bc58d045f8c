-- Notes that what is derived no longer follows from the records.
delete from hub.derived
where name = 'graph'
