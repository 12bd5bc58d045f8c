"""Tasks for lm-evaluation-harness that it lacks. They say where items live and how they are asked; none holds items."""
