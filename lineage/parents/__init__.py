"""Find the parents of a model: those that tags, cards and files declare, and those inferred if nobody declares any."""
