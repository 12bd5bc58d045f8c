"""What tasks over generated items count: copied beside their files, as the harness looks there."""

import math


def weigh(doc: dict[str, str], results: list[tuple[float, bool]]) -> dict[str, float]:
    """Return the share of the probability that lies on the first half of the choices."""
    del doc
    shares = [math.exp(value - max(one for one, _ in results)) for value, _ in results]
    return {"acc": sum(shares[: len(shares) // 2]) / sum(shares)}


def bits(doc: dict[str, str], results: tuple[float]) -> dict[str, float]:
    """Return bits a character."""
    (value,) = results
    return {"bits": -value / len(doc["passage"]) / math.log(2)}
