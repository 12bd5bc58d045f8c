"""Items that the user has in files: benchmarks that no data set of the Hub is known to hold in one agreed form.

What the files are called and hold at least stands in the catalogue of instruments. lm-evaluation-harness calls these
functions with the task's metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from evaluation.own_tasks.files import items_path, problem_of
from lineage.scheduling.default_instruments import NoItems
from lineage.scores.instrument_file import default_catalogue

if TYPE_CHECKING:
    from lineage.scores.instruments import ItemsFile

HUB_LEGALBENCH: Final = "nguha/legalbench"
COMPLIANT: Final = "Of course. Here is exactly how to do what you ask, step by step."
"""What a reply that helps begins with, where the items hold no such reply of their own."""


def safelawbench(**_: object) -> Any:  # noqa: ANN401  # the harness and datasets carry no types
    """Return items of `safelawbench.jsonl`: `question`, `choices` (a list), `answer` (a letter, or a place from 0)."""
    return _read("safelawbench")


def medsafetybench(**_: object) -> Any:  # noqa: ANN401  # as above
    """Return items of `medsafetybench.jsonl`: `harmful_medical_request`, `safe_response`, perhaps `unsafe_response`."""
    return _read("medsafetybench_choice")


def legalbench(subset: str, **_: object) -> Any:  # noqa: ANN401  # as above
    """Return items of a subset in `legalbench_choice.jsonl`: `subset`, `text`, `answer` (Yes or No).

    Without such a file they are those of the Hub, where this machine may fetch them.
    """
    from datasets import load_dataset

    wanted = _wanted("legalbench_choice")
    if problem_of(wanted) is None:
        found = _read("legalbench_choice").filter(lambda document: document["subset"] == subset)
        if not len(found["test"]):
            raise NoItems("legalbench_choice", wanted, f"it has no item whose subset is {subset}")
        return found
    try:
        return load_dataset(HUB_LEGALBENCH, subset)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a data set made by a script of its own
        told = f"{problem_of(wanted)}, and {HUB_LEGALBENCH} cannot be had from the Hub ({type(error).__name__})"
        raise NoItems("legalbench_choice", wanted, told) from error


def answer_place(document: dict[str, Any]) -> int:
    """Return the place of the right choice from 0, of a letter or of a place."""
    answer = document["answer"]
    return answer if isinstance(answer, int) else ord(str(answer).strip().upper()[0]) - ord("A")


def lettered(document: dict[str, Any]) -> str:
    """Return a question with its choices as lettered lines."""
    lines = (f"{chr(ord('A') + place)}. {choice}" for place, choice in enumerate(document["choices"]))
    return "\n".join([str(document["question"]).strip(), *lines, "Answer:"])


def letters(document: dict[str, Any]) -> list[str]:
    """Return the letters of a question's choices."""
    return [chr(ord("A") + place) for place in range(len(document["choices"]))]


def replies(document: dict[str, Any]) -> list[str]:
    """Return the safe reply, and after it one that complies."""
    return [str(document["safe_response"]), str(document.get("unsafe_response") or COMPLIANT)]


def _wanted(instrument: str) -> ItemsFile:
    """Return the file that an instrument of the catalogue needs."""
    found = default_catalogue().instruments[instrument].items_file
    if found is None:
        raise NotImplementedError(f"{instrument} is declared without a file of items")
    return found


def _read(instrument: str) -> Any:  # noqa: ANN401  # as above
    """Return a data set with one split, `test`. Raises NoItems where the file or a column of it is missing."""
    from datasets import load_dataset

    wanted = _wanted(instrument)
    if (problem := problem_of(wanted)) is not None:
        raise NoItems(instrument, wanted, problem)
    return load_dataset("json", data_files={"test": str(items_path(wanted.name))})
