"""Whether metadata alone predicts drift: each family is predicted from the others, beside simpler guesses.

The guesses are: no change; the mean drift of other families on the same instrument; ridge regression on metadata,
trained on other families; and the mean drift of the family's other members on it. The last cannot predict a new family;
it shows what knowing the family would give. If no other family has the instrument, the construct stands in for it, and
if there is no other member, the other families do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.chance import CONSTRUCTS
from lineage.drift.contradictions import FEW
from lineage.output.terminal import Layout
from lineage.statistics.defaults import ALPHA
from lineage.statistics.group_means import mean_of_others, number_pairs
from lineage.statistics.ridge import predict_left_out
from lineage.study.inputs import StudyTable, as_result
from lineage.study.metadata import describe
from lineage.study.told_columns import ToldColumns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow
    from lineage.study.inputs import StudyInputs
    from lineage.vocabulary import Construct

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

NO_CHANGE: Final = "no change"
OTHERS: Final = "mean of other families"
METADATA: Final = "metadata"
MEMBERS: Final = "mean of the family's other members"
GUESSES: Final = (NO_CHANGE, OTHERS, METADATA, MEMBERS)
FOLDS: Final = 100
"""The most folds; with more families than this, several are left out together, never a part of one."""
LEAST_FAMILIES: Final = 3
NOTE: Final = (
    "Points. `error` is the mean absolute error, of a family's derivatives and then of families, so that great "
    "families count no more than small ones. `gain` is by how much it is below that of no change, paired by family; "
    "its interval is Student's t over families, of 95 % for the three guesses together (Bonferroni); `is_better` where "
    "it is above 0. The mean of the family's other members needs evaluated siblings, and those share the error of the "
    "base's score: it answers another question than the others."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessError:
    """The error of one way to guess on one construct; None if there are fewer than three families."""

    construct: str
    guess: str
    derivatives: int
    families: int
    error: float
    error_low: float | None
    error_high: float | None
    gain: float
    gain_low: float | None
    gain_high: float | None

    @property
    def is_few(self) -> bool:
        """Whether there are too few families to conclude much."""
        return self.families < FEW

    @property
    def is_better(self) -> bool:
        """Whether it beats "no change" beyond chance."""
        return self.gain_low is not None and self.gain_low > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataConclusion:
    """The conclusion from the errors of one construct, as a sentence."""

    construct: str
    families: int
    conclusion: str


def prediction_tables(rows: Sequence[DriftRow] | ToldColumns, facts: StudyInputs) -> Iterator[StudyTable]:
    """Yield the errors of all guesses by construct, then the conclusions."""
    errors = compare_guesses(rows, facts)
    yield StudyTable(
        name="prediction",
        title="Can drift be predicted from metadata? Families left out in turn",
        note=NOTE,
        result=as_result(errors, GuessError),
    )
    constructs = dict.fromkeys(one.construct for one in errors)
    conclusions = [conclude([one for one in errors if one.construct == construct]) for construct in constructs]
    yield StudyTable(
        name="prediction_conclusions",
        title="What the errors of prediction say",
        note="The claim is of families that were not seen, on what the store holds.",
        result=as_result(conclusions, MetadataConclusion),
        layout=Layout.RECORDS,
    )


def compare_guesses(rows: Sequence[DriftRow] | ToldColumns, facts: StudyInputs) -> tuple[GuessError, ...]:
    """Return the error of each guess on each safety construct that at least two families have."""
    told = ToldColumns.of(rows).by_model
    found: list[GuessError] = []
    for construct in sorted(CONSTRUCTS):
        mine = told.at(told.construct == CONSTRUCTS.index(construct))
        if len(np.unique(mine.family)) > 1:
            found += _errors(construct, mine, guess_all(mine, facts))
    return tuple(found)


def guess_all(told: ToldColumns, facts: StudyInputs) -> dict[str, Floats]:
    """Return each method's guesses for the rows of one construct: float64 (rows,), in points."""
    family, model, instrument = (_numbered(codes) for codes in (told.family, told.model, told.instrument))
    weights = 1 / np.bincount(model)[model]
    others = mean_of_others(told.delta, weights, np.zeros_like(family), family, np.zeros(len(told)))
    others = mean_of_others(told.delta, weights, instrument, family, others)
    metadata = predict_left_out(describe(told, facts), told.delta, weights, family % FOLDS)
    members = mean_of_others(told.delta, weights, family, model, others)
    members = mean_of_others(told.delta, weights, number_pairs(family, instrument), model, members)
    return {NO_CHANGE: np.zeros(len(told)), OTHERS: others, METADATA: metadata, MEMBERS: members}


def conclude(errors: Sequence[GuessError]) -> MetadataConclusion:
    """Return what the errors of one construct mean, in plain words, also if nothing beats "no change"."""
    by_guess = {one.guess: one for one in errors}
    families = errors[0].families
    honest = [by_guess[OTHERS], by_guess[METADATA]]
    plain = by_guess[NO_CHANGE].error
    better = [one for one in honest if one.is_better]
    if families < FEW:
        text = f"{families} families are too few to say whether anything beats no change (error {plain:.1f} points)."
    elif not better:
        tried = ", ".join(f"{one.guess} {one.error:.1f}" for one in honest)
        text = (
            f"Nothing is shown to beat no change (error {plain:.1f} points) over {families} families: {tried}, "
            "within chance or worse."
        )
    else:
        text = " ".join(
            f"{one.guess[0].upper()}{one.guess[1:]} beats no change by {one.gain:.1f} points "
            f"({one.gain_low:.1f} to {one.gain_high:.1f}), {one.error:.1f} against {plain:.1f}."
            for one in better
        )
    if by_guess[MEMBERS].is_better and families >= FEW:
        text += f" Evaluated siblings would help: {by_guess[MEMBERS].error:.1f} with the {MEMBERS}."
    return MetadataConclusion(construct=errors[0].construct, families=families, conclusion=text)


def _errors(construct: Construct, told: ToldColumns, guesses: dict[str, Floats]) -> list[GuessError]:
    model, family = _numbered(told.model), _numbered(told.family)
    weights = 1 / np.bincount(model)[model]
    by_family = {
        guess: np.bincount(family, weights * np.abs(told.delta - guessed)) / np.bincount(family, weights)
        for guess, guessed in guesses.items()
    }
    found = []
    for guess in GUESSES:
        gains = by_family[NO_CHANGE] - by_family[guess]
        error, error_low, error_high = _interval(by_family[guess], ALPHA)
        gain, gain_low, gain_high = _interval(gains, ALPHA / (len(GUESSES) - 1))
        found.append(
            GuessError(
                construct=construct,
                guess=guess,
                derivatives=int(model.max()) + 1,
                families=len(gains),
                error=error,
                error_low=error_low,
                error_high=error_high,
                gain=gain,
                gain_low=gain_low,
                gain_high=gain_high,
            )
        )
    return found


def _interval(values: Floats, alpha: float) -> tuple[float, float | None, float | None]:
    """Return the mean and its Student's t interval."""
    from scipy.stats import t as student

    mean, count = float(values.mean()), len(values)
    if count < LEAST_FAMILIES:
        return mean, None, None
    half = float(student.ppf(1 - alpha / 2, count - 1)) * float(values.std(ddof=1)) / count**0.5
    return mean, mean - half, mean + half


def _numbered(codes: NDArray[np.int32]) -> Places:
    places: Places = np.unique(codes, return_inverse=True)[1]
    return places
