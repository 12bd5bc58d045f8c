"""Tasks for lm-evaluation-harness that it lacks. They say where items live and how they are asked; none holds items."""

from pathlib import Path
from typing import Final

OWN_TASKS: Final = Path(__file__).parent
