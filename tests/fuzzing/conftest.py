"""Puts this folder on the path: its modules stand beside each other, wherever they are loaded from."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
