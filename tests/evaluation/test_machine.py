"""The machine that nobody described: every figure is there, and within what machines are."""

from __future__ import annotations

from evaluation.machine import ask_machine


def test_the_machine_tells_its_speed_and_memory() -> None:
    """Between a slow core and the fastest server, with some memory, and without a price."""
    hardware = ask_machine()
    assert 1e8 < hardware.flops_per_second < 1e14
    assert 1e8 < hardware.memory_bytes < 1e14
    assert (hardware.bytes_per_weight, hardware.price_per_hour) == (4, None)
