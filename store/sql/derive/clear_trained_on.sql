-- Empties what models were trained on.
delete from hub.trained_on
