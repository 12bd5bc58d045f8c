-- Removes the files of the models whose files were fetched anew.
delete from hub.files
where model in (
    select model
    from lent_files
)
