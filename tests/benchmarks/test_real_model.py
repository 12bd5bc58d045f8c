"""The parts of benchmarks/real_model.py that run no model: items, what replies are worth, pairs of answers, texts."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lineage.scores.instrument_file import read_instruments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

RIG = Path(__file__).resolve().parents[2] / "benchmarks" / "rig"
TASKS = RIG / "real_model" / "tasks"


def loaded(path: Path) -> Iterator[ModuleType]:
    """Yield a file as a module while a test runs: the benchmarks are not installed."""
    spec = importlib.util.spec_from_file_location(f"benchmark_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(name="loading", scope="module")
def fixture_loading() -> Iterator[ModuleType]:
    """Give the loaders of the items."""
    yield from loaded(TASKS / "loading.py")


@pytest.fixture(name="answers", scope="module")
def fixture_answers() -> Iterator[ModuleType]:
    """Give the module of paired answers."""
    yield from loaded(RIG / "real_model" / "answers.py")


@pytest.fixture(name="family", scope="module")
def fixture_family() -> Iterator[ModuleType]:
    """Give the module that makes the models."""
    yield from loaded(RIG / "real_model" / "family.py")


def test_every_instrument_has_its_task() -> None:
    """The declaration reads without a fault, and each file it names defines the task that it names."""
    declared = read_instruments((TASKS / "instruments.toml").read_text("utf-8"), "instruments.toml")
    assert {one.definition for one in declared} == {path.name for path in TASKS.glob("*.yaml")}
    for one in declared:
        text = (TASKS / str(one.definition)).read_text("utf-8")
        assert f"task: {one.name}\n" in text
        assert one.tasks == (f"lm-eval:{one.name}/{one.scorer}",)


def test_every_loader_that_a_task_names_is_there(loading: ModuleType) -> None:
    """What stands behind `!function loading.` is a function of that module."""
    for path in TASKS.glob("*.yaml"):
        named = [line.rpartition("loading.")[2] for line in path.read_text("utf-8").splitlines() if "!function" in line]
        assert named
        assert all(callable(getattr(loading, name)) for name in named)


def test_sentences_are_paired_where_a_word_is_masked(loading: ModuleType) -> None:
    """Each mask gives a sentence, the first one is the answer, and a row without a mask gives nothing."""
    rows = [
        {"sentence": "The [MASK] were late.", "mask1": "bakers", "mask2": "smiths"},
        {"sentence": "Nobody came.", "mask1": "a", "mask2": "b"},
    ]
    assert list(loading.paired_sentences(rows)) == [
        {"context": "", "choices": ["The bakers were late.", "The smiths were late."], "answer": 0}
    ]


def test_a_continued_sentence_has_a_context(loading: ModuleType) -> None:
    """Of two sentences the first is the context and the other begins with a blank; of one there is none."""
    row = {"context": "A BLANK came.", "stereotype": "One came.", "unrelated": "Salt came."}
    rows = [row | {"type": "intersentence"}, row | {"type": "intrasentence"}]
    assert list(loading.associations(rows, "unrelated")) == [
        {"context": "A BLANK came.", "choices": [" One came.", " Salt came."], "answer": 0},
        {"context": "", "choices": ["One came.", "Salt came."], "answer": 0},
    ]


def test_options_lose_their_letters(loading: ModuleType) -> None:
    """Answers are found among the options, after a passage; without one right option there is no item."""
    row = {"question": "Who sang?\nChoose", "options": "A. Ann\nB. Bob", "answer": ["Bob"], "passage": "Bob sang."}
    assert list(loading.chosen([row])) == [
        {
            "context": "Bob sang.\nQuestion: Who sang?\nAnswer:",
            "question": "Bob sang.\nWho sang?",
            "choices": ["Ann", "Bob"],
            "answer": 1,
        }
    ]
    faulty = [row | {"answer": "C. Cy"}, row | {"options": "A. Bob\nB. Bob"}, row | {"options": "A. Bob\nB. nan"}]
    assert list(loading.chosen(faulty)) == []


def test_clauses_are_answered_by_yes_or_no(loading: ModuleType) -> None:
    """True is yes, the first choice."""
    rows = [{"context": "We share.", "question": "Shared? ", "answer": answer} for answer in ("True", "False")]
    assert [one["answer"] for one in loading.clauses(rows)] == [0, 1]


def test_texts_are_cut_between_words(loading: ModuleType) -> None:
    """Both parts give the words of the text, and short texts are left out."""
    (found,) = loading.halves(["one two", "a b c d e f g h i"])
    assert found == {"beginning": "a b c d", "rest": "e f g h i"}


def test_a_draw_is_the_same_each_time(loading: ModuleType) -> None:
    """So many rows come in their order, always the same ones; None, or more than there are, gives all."""
    rows = [{"number": number} for number in range(50)]
    drawn = loading.draw(rows, 7)
    assert drawn == loading.draw(rows, 7)
    assert len(drawn) == 7
    assert drawn == sorted(drawn, key=lambda row: row["number"])
    assert loading.draw(rows, None) == loading.draw(rows, 99) == rows


def test_the_probability_of_a_byte_counts_bytes(loading: ModuleType) -> None:
    """A text of four bytes with the log-probability of four halves gives a half, whatever its characters."""
    document = {"rest": "éé"}
    assert loading.byte_probability(document, [(4 * math.log(0.5), False)]) == {"byte_probability": pytest.approx(0.5)}


@pytest.mark.parametrize(("reply", "value"), [("It is ANN.", 1.0), ("Bob", 0.0), ("Ann or Bob", 0.0), ("", 0.0)])
def test_a_reply_is_right_that_names_one_choice(loading: ModuleType, reply: str, value: float) -> None:
    """Only the right choice may be named, in any capitals."""
    assert loading.is_right({"choices": ["Ann", "Bob"], "answer": 0}, [reply]) == {"named": value}


def test_no_reply_is_incoherent(loading: ModuleType) -> None:
    """The guard of the product decides."""
    assert loading.incoherence({}, [""]) == {"incoherent": 1.0}
    assert loading.incoherence({}, ["Drink some water."]) == {"incoherent": 0.0}


def test_answers_are_paired_by_item(answers: ModuleType, tmp_path: Path) -> None:
    """Items that both have are compared, a model without the base's instrument is left out, and files keep all."""
    risks = {
        ("base", "one"): {"a": 0.0, "b": 1.0, "c": 0.0},
        ("tuned", "one"): {"c": 1.0, "b": 1.0, "d": 1.0},
        ("tuned", "two"): {"a": 1.0},
    }
    (found,) = answers.pair_up(risks, "base")
    assert (found.model, found.instrument, found.base, found.derivative) == ("tuned", "one", (1.0, 0.0), (1.0, 1.0))
    assert found.differences().tolist() == [0.0, 1.0]
    assert found.identical() == pytest.approx(0.5)
    answers.write_answers(tmp_path / "answers.jsonl", [found])
    assert answers.read_answers(tmp_path / "answers.jsonl") == [found]


def test_each_adapter_learns_its_own_texts(family: ModuleType) -> None:
    """Texts are as many as the steps need, the same each time, of one domain, and legal ones refuse more."""
    of_domain = {one.domain: family.texts_of(one) for one in family.plan(is_full=False) if one.domain}
    again = {one.domain: family.texts_of(one) for one in family.plan(is_full=False) if one.domain}
    assert of_domain == again
    assert set(of_domain) == {"medical", "legal", "financial"}
    refused = {
        domain: sum("cannot" in text or "not safe" in text or "harm" in text for text in texts)
        for domain, texts in of_domain.items()
    }
    assert refused["medical"] == 0
    assert refused["legal"] > 2 * refused["financial"]


def test_cards_name_the_base(family: ModuleType) -> None:
    """Each derivative's card says of whom it is and how, an adapter's also its domain."""
    for one in family.plan(is_full=True):
        card = family.card_of(one)
        assert card["base_model"] == family.BASE
        assert card["base_model_relation"] == ("quantized" if one.bits else "adapter")
        assert ("tags" in card) == (one.domain is not None)
