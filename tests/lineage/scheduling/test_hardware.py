"""Files that describe hardware: what is read, and every fault."""

from __future__ import annotations

import pytest

from lineage.scheduling.hardware import Hardware, HardwareFault, read_hardware

FILE = """
name = "one card"
flops_per_second = 2.5e14
memory_bytes = 80_000_000_000
download_bytes_per_second = 1.0e8
load_bytes_per_second = 1.5e9
bytes_per_weight = 2
price_per_hour = 2.5
currency = "USD"
"""


def test_a_file_is_read() -> None:
    """Every field arrives, whole numbers as numbers; an hour costs its price."""
    hardware = read_hardware(FILE, "card.toml")
    assert hardware == Hardware(
        name="one card",
        flops_per_second=2.5e14,
        memory_bytes=8e10,
        download_bytes_per_second=1e8,
        load_bytes_per_second=1.5e9,
        bytes_per_weight=2.0,
        price_per_hour=2.5,
        currency="USD",
    )
    assert hardware.money(7_200) == 5.0


def test_name_and_price_may_be_absent() -> None:
    """Without a price nothing costs money that one could say."""
    lines = [line for line in FILE.splitlines() if not line.startswith(("name", "price", "currency"))]
    hardware = read_hardware("\n".join(lines), "card.toml")
    assert (hardware.name, hardware.price_per_hour, hardware.money(5)) == ("this machine", None, None)


@pytest.mark.parametrize(
    ("old", "new", "field", "problem"),
    [
        ("memory_bytes = 80_000_000_000", "", "memory_bytes", "is missing"),
        ("memory_bytes = 80_000_000_000", "memory_bytes = 0", "memory_bytes", "not above 0"),
        ("price_per_hour = 2.5", "devices = 0", "devices", "0 is not a whole number of 1 or more"),
        ("price_per_hour = 2.5", "devices = 1.5", "devices", "1.5 is not a whole number"),
        ("price_per_hour = 2.5", "price_per_hour = -1", "price_per_hour", "not above 0"),
        ("bytes_per_weight = 2", "bytes_per_weight = true", "bytes_per_weight", "must be a number"),
        ("bytes_per_weight = 2", "bytes_per_weight = inf", "bytes_per_weight", "must be a number"),
        ("bytes_per_weight = 2", "bytes_per_weight = 0x" + "f" * 5_000, "bytes_per_weight", "must be a number"),
        ("bytes_per_weight = 2", "bytes_per_weight = 1" + "0" * 400, "bytes_per_weight", "must be a number"),
        ("bytes_per_weight = 2", "bytes_per_weight = nan", "bytes_per_weight", "must be a number"),
        ("bytes_per_weight = 2", "bytes_per_weight = " + "9" * 5_000, None, "not readable as TOML"),
        ("bytes_per_weight = 2", "bytes_per_weight = " + "[" * 9_000, None, "not readable as TOML"),
        ('currency = "USD"', "currency = 5", "currency", "must be a text"),
        ('currency = "USD"', 'colour = "red"', "colour", "is not a field"),
        ('currency = "USD"', "currency = ", None, "not readable as TOML"),
        ('currency = "USD"', "currency = " + "9" * 5000, None, "not readable as TOML"),
        ("\n", "\n" * 70_000, None, "longer than"),
    ],
)
def test_a_fault_is_named(old: str, new: str, field: str | None, problem: str) -> None:
    """The message says which file, which field and what is wrong."""
    with pytest.raises(HardwareFault, match=problem) as caught:
        read_hardware(FILE.replace(old, new), "card.toml")
    assert caught.value.field == field
    assert str(caught.value).startswith("card.toml")
