"""The hardware that models are run on, from a file: what fits, how fast it is, what an hour of it costs.

The file is TOML; every field up to `bytes_per_weight` but `devices` and `name` is required:

    name = "one H100"
    flops_per_second = 2.5e14           # kept up in evaluation, not the data sheet's peak: a third of that is usual
    memory_bytes = 80_000_000_000       # of one device, for weights and what comes with them
    devices = 1                         # over which a model that does not fit one is spread
    download_bytes_per_second = 1.0e8
    load_bytes_per_second = 1.5e9       # from disk into memory
    bytes_per_weight = 2                # 2 for 16 bits, 4 for 32
    price_per_hour = 2.5
    currency = "USD"
    gpu = true                          # whether models run on a GPU there, and
    vllm = true                         # whether vLLM is installed there: these choose the engine
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Final

from lineage.errors import LineageError
from lineage.text.plain import plain
from lineage.text.toml import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_FILE: Final = 1 << 16
SOME_NAME: Final = "this machine"
TEXTS: Final = ("name", "currency")
TRUTHS: Final = ("gpu", "vllm")
HOUR: Final = 3_600.0
LARGEST_NUMBER: Final = 1e30


class HardwareFault(LineageError):
    """A file that describes hardware has an error; `field` is None for the whole file."""

    hint = "the form is described in `lineage docs scheduling`"
    exit_code = 2

    def __init__(self, source: str, field: str | None, problem: str) -> None:
        """Say which file, which field, and what is wrong."""
        where = source if field is None else f"{source}, {field}"
        super().__init__(plain(f"{where}: {problem}", 500))
        self.source = source
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """One machine or accelerator; every number is above 0, `price_per_hour` is 0 or more, or None if unknown.

    `flops_per_second` is what evaluation sustains, with multiplications and additions counted separately.
    `has_gpu` and `has_vllm` are false where nothing says that there is one.
    """

    name: str = SOME_NAME
    flops_per_second: float
    memory_bytes: float
    download_bytes_per_second: float
    load_bytes_per_second: float
    bytes_per_weight: float
    devices: float = 1.0
    price_per_hour: float | None = None
    currency: str | None = None
    has_gpu: bool = False
    has_vllm: bool = False

    @property
    def room_bytes(self) -> float:
        """Return the memory of all devices."""
        return self.memory_bytes * self.devices

    def money(self, seconds: float) -> float | None:
        """Return what some seconds cost; None where no price is known."""
        return None if self.price_per_hour is None else seconds / HOUR * self.price_per_hour


REQUIRED: Final = tuple(one.name for one in fields(Hardware) if one.default is MISSING)
NUMBERS: Final = (*REQUIRED, "devices", "price_per_hour")


def read_hardware(text: str, source: str) -> Hardware:
    """Read hardware from TOML; `source` names the file in messages. Raises HardwareFault for the first error."""
    if len(text) > LARGEST_FILE:
        raise HardwareFault(source, None, f"longer than {LARGEST_FILE:,} characters")
    try:
        found = read_toml(text)
    except ValueError as error:
        raise HardwareFault(source, None, f"not readable as TOML: {error}") from error
    known = (*TEXTS, *NUMBERS, *TRUTHS)
    for name in sorted(found.keys() - set(known)):
        raise HardwareFault(source, name, f"is not a field; known are {', '.join(known)}")
    for name in (name for name in REQUIRED if name not in found):
        raise HardwareFault(source, name, "is missing")
    numbers = {name: _number(found, name, source) for name in NUMBERS if name in found}
    return Hardware(
        name=_text(found, "name", source) or SOME_NAME,
        flops_per_second=numbers["flops_per_second"],
        memory_bytes=numbers["memory_bytes"],
        download_bytes_per_second=numbers["download_bytes_per_second"],
        load_bytes_per_second=numbers["load_bytes_per_second"],
        bytes_per_weight=numbers["bytes_per_weight"],
        devices=_devices(numbers.get("devices", 1.0), source),
        price_per_hour=numbers.get("price_per_hour"),
        currency=_text(found, "currency", source),
        has_gpu=_truth(found, "gpu", source),
        has_vllm=_truth(found, "vllm", source),
    )


def _text(found: Mapping[str, object], name: str, source: str) -> str | None:
    value = found.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise HardwareFault(source, name, "must be a text")
    return plain(value)


def _truth(found: Mapping[str, object], name: str, source: str) -> bool:
    value = found.get(name, False)
    if not isinstance(value, bool):
        raise HardwareFault(source, name, "must be true or false")
    return value


def _devices(count: float, source: str) -> float:
    if count < 1 or count % 1:
        raise HardwareFault(source, "devices", f"{count:g} is not a whole number of 1 or more; leave it out for one")
    return count


def _number(found: Mapping[str, object], name: str, source: str) -> float:
    value = found[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_NUMBER:
        raise HardwareFault(source, name, "must be a number")
    if value < 0 or (value == 0 and name in REQUIRED):
        raise HardwareFault(source, name, f"{value:g} is not above 0")
    return float(value)
