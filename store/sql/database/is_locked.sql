-- Says whether settings can be changed no more, as another connection of this process to the same file has seen to.
select current_setting('lock_configuration')
