-- Empties the evidence before it is written anew.
truncate hub.evidence
