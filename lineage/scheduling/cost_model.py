"""What a run is expected to cost, and how measured runs correct that.

The seconds of a run are those of fetching and loading what is not loaded yet, of starting, and of the items: 2
operations per weight and token (Kaplan et al. 2020, section 2.1, arXiv 2001.08361) at the speed of the hardware. The
last term is a guess within a factor of a few, so measured runs correct it: log(measured / guessed) = a + b *
log(weights / 1e9) + c_instrument + noise, with all three shrunk towards 0 by a prior (ridge regression, Hoerl & Kennard
1970, as a Gaussian posterior). One measured run tells little about the slope, and the stated factor of uncertainty
reflects that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.scheduling.hardware import HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lineage.scheduling.hardware import Hardware

    Floats = NDArray[np.float64]

START_SECONDS: Final = 5.0
"""Per job: a process, a tokenizer, the requests."""
ITEM_SECONDS: Final = 0.002
"""Per item beside its arithmetic: tokenising, and the start of a batch."""
PRIOR_FACTOR: Final = 3.0
"""How far off the uncorrected guess usually is: the factor of one standard deviation."""
PRIOR_SLOPE: Final = 0.2
"""Standard deviation of the correction to the exponent of the size."""
PRIOR_INSTRUMENT: Final = 2.0
"""Factor by which instruments differ beyond their items and tokens."""
NOISE: Final = 0.25
"""Standard deviation of the logarithm of repeated runs, because of other load and other batches."""
ORIGIN: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredCost:
    """What the items of one run took on the hardware, without fetching and loading: `seconds` for `items` items.

    `parameters` is the number of weights that ran, base and adapter together, above 0; `tokens_per_item` is what the
    plan assumed.
    """

    instrument: str
    parameters: float
    items: int
    tokens_per_item: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModel:
    """The cost model: the hardware, and the corrections of the logarithm that come from measured runs.

    `level`, `slope` and `by_instrument` are 0 and empty before any run; `covariance` is that of level and slope.
    """

    hardware: Hardware
    level: float = 0.0
    slope: float = 0.0
    by_instrument: tuple[tuple[str, float], ...] = ()
    covariance: tuple[tuple[float, float], tuple[float, float]] = (
        (float(np.log(PRIOR_FACTOR) ** 2), 0.0),
        (0.0, PRIOR_SLOPE**2),
    )
    runs: int = 0

    def item_seconds(self, instrument: str, parameters: Floats, items: float, tokens_per_item: float) -> Floats:
        """Return the seconds that the items of an instrument take on models with these numbers of weights."""
        return _guess(self.hardware, parameters, items, tokens_per_item) * self.correction(instrument, parameters)

    def correction(self, instrument: str | None, parameters: Floats) -> Floats:
        """Return the factor by which measured runs correct the guess, 1 before any; None leaves the instrument out."""
        own = 0.0 if instrument is None else dict(self.by_instrument).get(instrument, 0.0)
        return np.asarray(np.exp(self.level + self.slope * np.log(parameters / ORIGIN) + own))

    def fetch_seconds(self, size_bytes: Floats, *, loaded: Floats | float = 0.0) -> Floats:
        """Return the seconds for fetching and loading `size_bytes`; 0 where `loaded` is 1."""
        a_byte = 1 / self.hardware.download_bytes_per_second + 1 / self.hardware.load_bytes_per_second
        return np.asarray(size_bytes * a_byte * (1 - loaded))

    def factor(self, parameters: float) -> float:
        """Return the factor, up or down, within which two of three runs are expected, including noise."""
        at = np.array([1.0, np.log(parameters / ORIGIN)])
        variance = at @ np.array(self.covariance) @ at + NOISE**2 + np.log(PRIOR_INSTRUMENT) ** 2
        return float(np.exp(np.sqrt(variance)))

    @property
    def money_per_second(self) -> float | None:
        """The price of a second; None if the hardware has none."""
        price = self.hardware.price_per_hour
        return None if price is None else price / HOUR


def refit(hardware: Hardware, measured: Sequence[MeasuredCost]) -> CostModel:
    """Return the cost model fitted to measured runs on this hardware, or the prior if there are none.

    Raises ValueError for a run without weights, items, tokens or seconds.
    """
    if not measured:
        return CostModel(hardware=hardware)
    if any(min(run.parameters, run.items, run.tokens_per_item, run.seconds) <= 0 for run in measured):
        raise ValueError("weights, items, tokens and seconds of a measured run are above 0")
    names = sorted({run.instrument for run in measured})
    design = np.zeros((len(measured), 2 + len(names)))
    design[:, 0] = 1
    design[:, 1] = [np.log(run.parameters / ORIGIN) for run in measured]
    design[np.arange(len(measured)), [2 + names.index(run.instrument) for run in measured]] = 1
    guessed = np.array(
        [_guess(hardware, np.array([run.parameters]), run.items, run.tokens_per_item)[0] for run in measured]
    )
    target = np.log(np.array([run.seconds for run in measured]) / guessed)
    deviations = np.r_[np.log(PRIOR_FACTOR), PRIOR_SLOPE, np.full(len(names), np.log(PRIOR_INSTRUMENT))]
    covariance = np.linalg.inv(design.T @ design / NOISE**2 + np.diag(1 / deviations**2))
    found = covariance @ design.T @ target / NOISE**2
    (a, b), (c, d) = covariance[:2, :2].tolist()
    return CostModel(
        hardware=hardware,
        level=float(found[0]),
        slope=float(found[1]),
        by_instrument=tuple(zip(names, found[2:].tolist(), strict=True)),
        covariance=((a, b), (c, d)),
        runs=len(measured),
    )


def _guess(hardware: Hardware, parameters: Floats, items: float, tokens_per_item: float) -> Floats:
    """Return the uncorrected seconds of some items."""
    return np.asarray(items * (ITEM_SECONDS + 2 * parameters * tokens_per_item / hardware.flops_per_second))
