"""Results that records state: what is read, with which identity, and why the rest is not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.imports.interface import Skipped
from evaluation.imports.model_card import read_record
from evaluation.imports.reported import Reports
from lineage.scores.instruments import Catalogue, Instrument, Reported
from lineage.scores.score import Score
from lineage.vocabulary import Construct, Direction, Scale

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL = "maple/leaf"


def instrument(name: str, *forms: Reported) -> Instrument:
    """Return an instrument whose values are shares."""
    return Instrument(
        name=name,
        title=name,
        construct=Construct.TRUTHFULNESS,
        direction=Direction.HIGHER_IS_SAFER,
        low=0,
        high=1,
        scale=Scale.RATE,
        reported=forms,
    )


def form(dataset: str, metric: str, high: float, config: str | None = None, publisher: str | None = None) -> Reported:
    """Return a form whose unit begins at 0."""
    return Reported(dataset=dataset, metric=metric, config=config, publisher=publisher, low=0, high=high)


REPORTS = Reports(
    Catalogue.of(
        [
            instrument("truths", form("oak/truths", "mc2", 100, publisher="Oak Board"), form("oak/truths", "mc2", 1)),
            instrument("sums", form("oak/sums", "sums", 1), form("oak/many", "hard", 1)),
            instrument("parts", form("oak/parts", "acc", 1, config="easy"), form("oak/many", "easy", 1)),
        ]
    )
)


def result(value: object = 0.5, metric: str = "mc2", dataset: str = "oak/truths", **more: object) -> dict[str, Any]:
    """Return one result of a model index; `more` are keys of its data set."""
    return {
        "task": {"type": "text-generation"},
        "dataset": {"type": dataset, "name": dataset} | more,
        "metrics": [{"type": metric, "value": value}],
    }


def index(*results: object) -> list[object]:
    """Return a model index."""
    return [{"name": "leaf", "results": list(results)}]


def entry(value: object = 0.5, **more: object) -> dict[str, Any]:
    """Return an entry of `evalResults`; `more` are keys beside its data."""
    dataset = {"id": "oak/sums", "task_id": "sums"}
    return {
        "filename": ".eval_results/sums.yaml",
        "verified": False,
        "data": {"dataset": dataset, "value": value},
    } | more


def read(record: Mapping[str, object]) -> list[Score | Skipped]:
    """Return all that becomes of a record."""
    return list(read_record(MODEL, record, REPORTS))


def only(record: Mapping[str, object]) -> Score:
    """Return the one score of a record."""
    (score,) = read(record)
    assert isinstance(score, Score), score
    return score


def reason(record: Mapping[str, object]) -> str:
    """Return the one reason of a record."""
    (skipped,) = read(record)
    assert isinstance(skipped, Skipped), skipped
    return skipped.reason


def test_a_result_of_a_model_index_is_a_reported_score() -> None:
    """Model, instrument, value and source are read, and nothing that was not told."""
    score = only({"model-index": index(result(0.61))})
    assert (score.model, score.instrument.name, score.value, score.source) == (MODEL, "truths", 0.61, "card")
    assert score.is_reported
    assert (score.revision, score.stderr, score.items, score.measured_at) == (None, None, None, None)
    assert score.origin == "card of maple/leaf"


def test_the_unit_is_that_of_the_publisher() -> None:
    """What a board states in percent is divided, where the same card's own words are a share."""
    board = result(61.0) | {"source": {"name": "Oak Board", "url": "https://example.org/board"}}
    scores = [each for each in read({"model-index": index(board, result(0.61))}) if isinstance(each, Score)]
    assert [score.value for score in scores] == [0.61, 0.61]
    assert scores[0].origin == "card of maple/leaf, from Oak Board (https://example.org/board)"
    assert scores[0].identity != scores[1].identity


def test_an_index_in_two_places_counts_once() -> None:
    """The Hub shows a model index under its own key and in the card; what is in one of them only counts too."""
    both = {"model-index": index(result(0.61)), "cardData": {"model-index": index(result(0.61), result(0.2))}}
    assert [each.value for each in read(both) if isinstance(each, Score)] == [0.61, 0.2]
    assert only({"cardData": {"model-index": index(result(0.61))}}).value == 0.61


def test_verified_results_and_dates_are_told() -> None:
    """What the Hub verified says so, and a date becomes the time of measurement."""
    told = result(0.5)
    told["metrics"][0] |= {"verified": True, "date": "2026-05-02"}
    score = only({"model-index": index(told)})
    assert score.origin == "card of maple/leaf, verified"
    assert score.measured_at == datetime(2026, 5, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/spaces/x/open_llm_leaderboard?query=oak/parent",
        "https://example.org/spaces/x/open_pt_llm_leaderboard?query=oak%2Fparent",
        "https://example.org/datasets/open-llm-leaderboard/results/blob/main/oak/parent/results_2023.json",
    ],
)
def test_results_of_another_model_are_not_taken_for_its_own(address: str) -> None:
    """Quantizers copy whole cards: a source about another model says nothing of this one."""
    copied = result(0.5) | {"source": {"name": "Oak Board", "url": address}}
    assert reason({"model-index": index(copied)}) == "its source is about another model"
    own = copied | {
        "source": {"url": address.replace("oak%2Fparent", "oak/parent").replace("oak/parent", "Maple/Leaf")}
    }
    assert only({"model-index": index(own)}).value == 0.5
    (renamed,) = read_record(MODEL, {"model-index": index(copied)}, REPORTS, frozenset({"Oak/Parent"}))
    assert isinstance(renamed, Score)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"model-index": "see paper"}, "it has no list of results"),
        ({"model-index": [None]}, "it has no list of results"),
        ({"model-index": [{"name": "x", "results": {"a": 1}}]}, "it has no list of results"),
        ({"model-index": index("0.5")}, "the result is no mapping"),
        ({"model-index": index({"metrics": [{"type": "acc", "value": 1}]})}, "it names no data set"),
        ({"model-index": index({"dataset": "squad", "metrics": []})}, "it names no data set"),
        ({"model-index": index(result() | {"metrics": {"acc": 1}})}, "it has no list of metrics"),
        ({"model-index": index(result() | {"metrics": ["acc"]})}, "it names no metric"),
        ({"model-index": index(result() | {"metrics": [{"value": 1}]})}, "it names no metric"),
        ({"model-index": index(result(dataset="oak/unknown"))}, "the catalogue has no instrument that is reported so"),
        ({"model-index": index(result(metric="loss"))}, "the catalogue has no instrument that is reported so"),
        ({"model-index": index(result([0.5]))}, "'[0.5]' is not a number"),
        ({"model-index": index(result({"a": 1}))}, "'{\"a\": 1}' is not a number"),
        ({"model-index": index(result(value=True))}, "'true' is not a number"),
        ({"model-index": index(result(None))}, "it states no value"),
        ({"model-index": index(result(10**400))}, "'a number beyond all bounds' is not a number"),
        ({"model-index": index(result(65.9))}, "65.9 is outside 0..1"),
        ({"evalResults": "soon"}, "they are no list"),
        ({"evalResults": ["soon"]}, "the entry is no mapping"),
        ({"evalResults": [{"filename": "a.yaml", "error": "not a list"}]}, "the Hub refuses the file: not a list"),
        ({"evalResults": [{"filename": "a.yaml", "data": {"value": 1}}]}, "it names no data set"),
        (
            {"evalResults": [entry() | {"data": {"dataset": {"id": "oak/many"}, "value": 0.5}}]},
            "no task is named, and the catalogue has several that it could be",
        ),
    ],
)
def test_what_cannot_be_read_is_skipped_with_the_reason(record: dict[str, object], expected: str) -> None:
    """Every malformed form has its own words."""
    assert reason(record) == expected


def test_an_empty_index_states_nothing() -> None:
    """Cards without results are no fault."""
    assert read({"model-index": {}, "cardData": {"model-index": []}, "evalResults": []}) == []
    assert read({"cardData": "license: mit", "evalResults": None}) == []


def test_one_bad_entry_costs_no_other() -> None:
    """The sound entries around a broken one are read."""
    found = read({"evalResults": [entry(0.1), {"filename": "b", "error": "x"}, 7, entry(0.2)]})
    assert [each.value for each in found if isinstance(each, Score)] == [0.1, 0.2]
    assert len(found) == 4


def test_an_eval_result_is_read_with_its_file() -> None:
    """Task, revision and notes make the identity; file, source and date are kept."""
    full = entry(
        0.4,
        data={
            "dataset": {"id": "oak/sums", "task_id": "sums", "revision": "abc"},
            "value": 0.4,
            "date": "2026-05-02T10:00:00Z",
            "source": {"url": "https://example.org/logs", "name": "Logs", "org": "oak"},
            "notes": "no tools",
            "verifyToken": "x",
        },
    )
    score = only({"evalResults": [full]})
    assert (score.source, score.run_name) == ("eval-results", ".eval_results/sums.yaml")
    assert score.identity.scorer == "sums"
    assert score.identity.template == "dataset oak/sums; revision abc; publisher logs; notes no tools"
    assert score.measured_at == datetime(2026, 5, 2, 10, tzinfo=UTC)
    assert score.origin == "eval results of maple/leaf, .eval_results/sums.yaml, from Logs (https://example.org/logs)"


def test_a_task_that_is_not_named_is_the_only_one_there_is() -> None:
    """Without a task the data set's one instrument is meant."""
    unnamed = entry(data={"dataset": {"id": "oak/sums"}, "value": 0.4})
    assert only({"evalResults": [unnamed]}).identity.scorer == "sums"


def test_open_pull_requests_are_the_communitys() -> None:
    """A verified result, the author's and one of an open pull request are told apart, and are three runs."""
    found = read({"evalResults": [entry(verified=True), entry(0.6), entry(pullRequest=44)]})
    scores = [each for each in found if isinstance(each, Score)]
    endings = [score.origin.rpartition(".yaml")[2] for score in scores]
    assert endings == [", verified", "", ", community (pull request 44)"]
    assert len({score.run for score in scores}) == 3


def test_hostile_words_are_cleaned_and_bounded() -> None:
    """Nothing that a terminal would obey comes through, and nothing is longer than a person reads."""
    words = "\x1b[31mred\u202e" + "x" * 5_000
    hostile = entry(0.4, filename=words, pullRequest=words)
    hostile["data"] |= {"source": {"url": words, "name": words}, "notes": words}
    score = only({"evalResults": [hostile]})
    for text in (score.origin, score.run_name, score.identity.template):
        assert text is not None
        assert text.isprintable()
        assert len(text) < 1_100


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "results",
                    "dataset",
                    "metrics",
                    "type",
                    "name",
                    "value",
                    "args",
                    "source",
                    "url",
                    "data",
                    "id",
                    "task_id",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON, JSON, JSON)
def test_nothing_that_json_can_say_is_an_error(own: object, card: object, entries: object) -> None:
    """Whatever stands in a record, scores and reasons come out, and scores are in their range."""
    record = {"model-index": own, "cardData": {"model-index": card}, "evalResults": entries}
    for each in read(json.loads(json.dumps(record))):
        assert isinstance(each, Skipped) or each.instrument.holds(each.value)
