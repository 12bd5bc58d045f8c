"""On which devices the parts of a model lie: on one if it fits there, else spread over all that a worker sees."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.transformers.batch_size import free_bytes
from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROOM: Final = 0.85
"""Of a device's free memory; the rest is for keys, values and what is computed."""
ONE: Final = "cuda"


def weights_bytes(folder: Path, itemsize: int) -> int:
    """Return how many bytes the weights of a folder's safetensors take with numbers of so many bytes."""
    from safetensors import safe_open

    total = 0
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            total += sum(prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118 -- no mapping
    return total * itemsize


def free_rooms(device: str) -> dict[int, int]:
    """Return how many bytes are free on each device that a model may be spread over, none where there is one alone."""
    import torch

    if device != ONE or torch.cuda.device_count() < 2:  # noqa: PLR2004 -- one is none to spread over
        return {}
    return {number: free_bytes(number) for number in range(torch.cuda.device_count())}


def placing(model: str, device: str, size_bytes: int, free: Mapping[int, int]) -> dict[str, Any]:
    """Return where transformers is to load a model, as arguments: nothing for a processor, which is where it loads.

    `free` is what `free_rooms` returns. Raises CannotRun where all devices together are too small.
    """
    rooms = {number: int(room * ROOM) for number, room in free.items()}
    if len(rooms) < 2 or size_bytes <= max(rooms.values()):  # noqa: PLR2004 -- as above
        if device == "cpu":
            return {"device_map": None}
        best = max(rooms, key=lambda number: rooms[number]) if rooms else None
        return {"device_map": {"": device if best is None else f"{device}:{best}"}}
    if size_bytes > sum(rooms.values()):
        told = (
            f"its weights take {size_bytes / 1e9:.1f} GB, and {len(rooms)} devices have {sum(rooms.values()) / 1e9:.1f}"
        )
        raise CannotRun(model, told)
    return {"device_map": "auto", "max_memory": rooms}


def devices_of(model: Any) -> tuple[str, ...]:
    """Return the devices that a model is spread over, one after the other; none where it lies on one."""
    places = tuple(dict.fromkeys(str(place) for place in (getattr(model, "hf_device_map", None) or {}).values()))
    return places if len(places) > 1 else ()
