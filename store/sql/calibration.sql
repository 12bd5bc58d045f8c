-- name: add
-- Adds the lent calibration where it is not here already, and returns its key if it was added.
insert into hub.calibrations by name
select
    *,
    $measured_at as measured_at
from lent_calibrations
anti join hub.calibrations using (calibration)
returning calibration
