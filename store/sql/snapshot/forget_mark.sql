-- Makes a snapshot an ordinary database again.
delete from hub.derived
where name = 'snapshot'
