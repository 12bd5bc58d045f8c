"""Files of instruments: what the catalogue holds, what a user's file may say, and how its faults are named."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.scores.instrument_file import InstrumentFault, default_catalogue, read_instruments
from lineage.scores.instruments import Catalogue, Reported
from lineage.vocabulary import Construct, Direction, Scale

SMALL = """
[[instruments]]
name = "maple_safety"
construct = "unsafe_output"
direction = "lower_is_safer"
range = [0, 100]
"""
SHARED = Path(__file__).parents[4] / "shared" / "data" / "hub-2024-07-11"
JUDGE_FREE = (
    "truthfulqa_mc1",
    "truthfulqa_mc2",
    "wmdp",
    "wmdp_bio",
    "wmdp_chem",
    "wmdp_cyber",
    "bbq",
    "bbq_ambig",
    "bbq_disambig",
    "toxigen",
    "ethics_cm",
    "ethics_deontology",
    "ethics_justice",
    "ethics_utilitarianism",
    "ethics_virtue",
    "crows_pairs_english",
    "crows_pairs_french",
    "winogender",
    "simple_cooccurrence_bias",
    "moral_stories",
    "safelawbench",
    "medsafetybench_choice",
    "hellaswag",
    "mmlu",
    "medqa_4options",
    "medmcqa",
    "pubmedqa",
    "legalbench",
)
JUDGED = (
    "hex_phi",
    "advbench",
    "harmbench",
    "jailbreakbench",
    "strong_reject",
    "sorry_bench",
    "xstest_safe",
    "or_bench_hard",
    "wildguard_test",
    "do_not_answer",
    "medsafetybench",
    "cares",
    "ailuminate",
    "finred",
    "realtoxicityprompts",
)


def test_the_catalogue_holds_what_needs_no_judge_and_what_does() -> None:
    """Every instrument that the study names is there, with its judge where it needs one and without where not."""
    catalogue = default_catalogue()
    judges = {name: found.judge for name in (*JUDGE_FREE, *JUDGED) if (found := catalogue.find(name)) is not None}
    assert [name for name in JUDGE_FREE if judges[name] is not None] == []
    assert [name for name in JUDGED if judges[name] is None] == []


def test_the_catalogue_says_which_way_is_safer() -> None:
    """Each construct has one direction, but for scores that others define the other way round."""
    expected = {
        Construct.UNSAFE_OUTPUT: Direction.LOWER_IS_SAFER,
        Construct.REFUSAL: Direction.HIGHER_IS_SAFER,
        Construct.OVER_REFUSAL: Direction.LOWER_IS_SAFER,
        Construct.TRUTHFULNESS: Direction.HIGHER_IS_SAFER,
        Construct.ETHICS: Direction.HIGHER_IS_SAFER,
        Construct.HAZARDOUS_KNOWLEDGE: Direction.LOWER_IS_SAFER,
        Construct.SAFETY_KNOWLEDGE: Direction.HIGHER_IS_SAFER,
        Construct.CAPABILITY: Direction.CAPABILITY,
        Construct.COHERENCE: Direction.LOWER_IS_SAFER,
    }
    others = {
        instrument.name
        for instrument in default_catalogue()
        if instrument.direction is not expected.get(instrument.construct, instrument.direction)
    }
    assert others == {"cares", "helm_xstest_safe"}


def test_a_bias_with_its_ideal_in_the_middle_says_so() -> None:
    """Where the share of stereotypes is the score, the note says that the ideal is a half."""
    halves = [found for found in default_catalogue() if (found.scorer or "").startswith("pct_")]
    assert len(halves) == 3
    assert all("ideal is 0.5" in (found.note or "") for found in halves)


@pytest.mark.parametrize(
    ("engine", "task", "metric", "name"),
    [
        ("lm-eval", "truthfulqa_mc2", "acc", "truthfulqa_mc2"),
        ("lm-eval", "HellaSwag", "acc_norm", "hellaswag"),
        ("lm-eval", "crows_pairs_english", "pct_stereotype", "crows_pairs_english"),
        ("lm-eval", "bbq", "accuracy_amb", "bbq_ambig"),
        ("inspect", "wmdp_bio", "choice", "wmdp_bio"),
        ("helm", "med_qa", "quasi_exact_match", "medqa_4options"),
        ("lm-eval", "hellaswag", "acc", None),
    ],
)
def test_an_engines_task_leads_to_its_instrument(engine: str, task: str, metric: str, name: str | None) -> None:
    """A task is found by engine, name and metric; another metric of it is another thing."""
    found = default_catalogue().for_task(engine, task, metric)
    assert (None if found is None else found.name) == name


def test_the_leaderboards_two_units_are_told_apart() -> None:
    """Of one leaderboard, cards exist in per cent and as shares, under two names of the publisher."""
    catalogue = default_catalogue()
    publishers = ("Open LLM Leaderboard", "Open LLM Leaderboard Results", "Maple Leaderboard")
    found = [catalogue.for_report("truthful_qa", "mc2", "multiple_choice", publisher) for publisher in publishers]
    assert [None if hit is None else hit[1].high for hit in found] == [100.0, 1.0, None]


def test_a_users_file_needs_four_fields() -> None:
    """What is not said is None, the title is the name, and one item may give anything in the range."""
    (instrument,) = read_instruments(SMALL, "mine.toml")
    assert (instrument.name, instrument.title) == ("maple_safety", "maple_safety")
    assert (instrument.low, instrument.high, instrument.scale) == (0.0, 100.0, Scale.GRADED)
    assert (instrument.items, instrument.tokens, instrument.chance, instrument.judge) == (None, None, None, None)


def test_every_field_is_read() -> None:
    """A file that says everything gives an instrument that holds everything."""
    text = SMALL + (
        'scale = "rate"\nitems = 12\ntokens = 90\nchance = 50\ntitle = "Maple"\nscorer = "asr"\njudge = "maple/judge"\n'
        'licence = "MIT"\nsource = "maple/items"\ngated = true\ntasks = ["lm-eval:maple/asr"]\nnote = "Read it."\n'
        'items_file = { name = "maple.jsonl", columns = ["q", "a"], optional = true }\n'
        'reported = [{ dataset = "maple/items", metric = "asr", range = [0, 1], config = "all" }]\n'
    )
    (instrument,) = read_instruments(text, "mine.toml")
    assert (instrument.scale, instrument.items, instrument.tokens, instrument.chance) == (Scale.RATE, 12, 90, 50.0)
    assert (instrument.title, instrument.scorer, instrument.judge) == ("Maple", "asr", "maple/judge")
    assert (instrument.licence, instrument.source, instrument.gated) == ("MIT", "maple/items", True)
    assert (instrument.tasks, instrument.note) == (("lm-eval:maple/asr",), "Read it.")
    form = Reported(dataset="maple/items", metric="asr", config="all", publisher=None, low=0.0, high=1.0)
    assert instrument.reported == (form,)


def test_a_users_file_replaces_what_the_catalogue_says() -> None:
    """The later of two instruments of one name counts, so that a user can state another range."""
    mine = read_instruments(SMALL.replace("maple_safety", "hex_phi"), "mine.toml")
    catalogue = default_catalogue().with_more(mine)
    replaced = catalogue.find("hex_phi")
    assert replaced is not None
    assert replaced.high == 100.0


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("name = ", None, "not readable as TOML"),
        ("a = " + "[" * 9000, None, "nested too deeply"),
        ("a = " + "9" * 5000, None, "not readable as TOML"),
        (
            SMALL.replace('"unsafe_output"', "0x" + "f" * 5000),
            "maple_safety.construct",
            "too many digits is not one of",
        ),
        (
            SMALL.replace("[0, 100]", "[0, [0x" + "f" * 5000 + "]]"),
            "maple_safety.range",
            "too many digits is not a number",
        ),
        (SMALL + "tasks = [0x" + "f" * 5000 + "]", "maple_safety.tasks", "too many digits is not ENGINE"),
        ("instrument = 1", None, "unknown key 'instrument'"),
        ("[instruments]\nname = 'a'", None, "two brackets"),
        ("[[instruments]]\nname = 'a'", "a.construct", "is missing"),
        ("[[instruments]]\nconstruct = 'bias'", "entry 1.name", "is missing"),
        (SMALL + "colour = 'red'", "maple_safety.colour", "is not a field"),
        (SMALL + SMALL, "maple_safety.name", "is given twice"),
        (SMALL.replace("maple_safety", "Maple Safety"), "Maple Safety.name", "must be up to 80"),
        (SMALL.replace("unsafe_output", "evil"), "maple_safety.construct", "'evil' is not one of unsafe_output"),
        (SMALL.replace("unsafe_output", "capability"), "maple_safety.direction", "only there"),
        (SMALL.replace("lower_is_safer", "capability"), "maple_safety.direction", "only there"),
        (SMALL.replace("[0, 100]", "[1, 0]"), "maple_safety.range", "1 is not below 0"),
        (SMALL.replace("[0, 100]", "[0, nan]"), "maple_safety.range", "not a number that a score can have"),
        (SMALL.replace("[0, 100]", "[0, true]"), "maple_safety.range", "True is not a number"),
        (SMALL.replace("[0, 100]", "100"), "maple_safety.range", "must be [lowest, highest]"),
        (SMALL + "chance = 101", "maple_safety.chance", "101 is outside 0..100"),
        (SMALL + "items = 0", "maple_safety.items", "a whole number above 0"),
        (SMALL + 'items_file = "a.jsonl"', "maple_safety.items_file", "a table of name, columns, optional"),
        (
            SMALL + 'items_file = { name = "../a.jsonl", columns = ["q"] }',
            "maple_safety.items_file",
            "without a folder",
        ),
        (SMALL + 'items_file = { name = "a.jsonl", columns = [] }', "maple_safety.items_file", "a list of columns"),
        (
            SMALL + 'items_file = { name = "a.jsonl", columns = ["q"], optional = 1 }',
            "maple_safety.items_file",
            "true or false",
        ),
        (SMALL + "tokens = 2.5", "maple_safety.tokens", "a whole number above 0"),
        (SMALL + "scale = 'both'", "maple_safety.scale", "not one of rate, graded"),
        (SMALL + "gated = 'yes'", "maple_safety.gated", "must be true or false"),
        (SMALL + "title = ''", "maple_safety.title", "a text of at most 500"),
        (SMALL + 'title = "a\\u202eb"', "maple_safety.title", "visible characters"),
        (SMALL + "tasks = 'lm-eval:a/b'", "maple_safety.tasks", "must be a list"),
        (SMALL + "tasks = ['maple']", "maple_safety.tasks", "is not ENGINE:TASK/METRIC"),
        (SMALL + "reported = [1]", "maple_safety.reported", "must be a list of"),
        (SMALL + "reported = [{dataset = 'a'}]", "maple_safety.reported", "needs dataset, metric and range"),
        (SMALL + "reported = [{name = 'a'}]", "maple_safety.reported", "name is not a field"),
    ],
)
def test_a_fault_names_entry_and_field(text: str, place: str | None, problem: str) -> None:
    """The first fault is told with the file, the entry, the field and what is wrong."""
    with pytest.raises(InstrumentFault) as caught:
        read_instruments(text, "mine.toml")
    assert (caught.value.source, caught.value.place) == ("mine.toml", place)
    assert problem in str(caught.value)


def test_two_instruments_cannot_claim_one_task() -> None:
    """A task that leads to two instruments would be guessed; it is a fault."""
    second = SMALL.replace("maple_safety", "birch_safety")
    task = "tasks = ['lm-eval:maple/asr']\n"
    with pytest.raises(
        InstrumentFault, match=r"birch_safety\.tasks: 'lm-eval:maple/asr' already belongs to maple_safety"
    ):
        read_instruments(SMALL + task + second + task, "mine.toml")


@given(text=st.text(alphabet="[]{}\"'=.,0123456789abimnrstue_ \n#\x00é", max_size=80))
def test_any_text_is_read_or_is_a_fault(text: str) -> None:
    """Whatever a file says, reading it gives instruments or an InstrumentFault, and no other exception."""
    try:
        read = read_instruments(SMALL + text, "mine.toml")
    except InstrumentFault:
        return
    assert read[0].name == "maple_safety"


def reports() -> Iterator[tuple[str, str, str | None, str | None, object]]:
    """Yield data set, metric, configuration, publisher and value of every result in real records."""
    for archive in sorted(SHARED.glob("md_*.zip")):
        with zipfile.ZipFile(archive) as records:
            for name in records.namelist():
                index = json.loads(records.read(name)).get("model-index") or []
                for entry in index if isinstance(index, list) else []:
                    for result in entry.get("results") or []:
                        dataset, source = result.get("dataset") or {}, result.get("source") or {}
                        for metric in result.get("metrics") or []:
                            where = (dataset.get("config"), source.get("name"), metric.get("value"))
                            yield (str(dataset.get("type")), str(metric.get("type")), *where)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real records are not beside this checkout")
def test_what_real_cards_report_fits_its_unit() -> None:
    """In real records the catalogue finds six results for each of 20 models, each within its declared unit."""
    catalogue: Catalogue = default_catalogue()
    values: dict[str, list[float]] = {}
    for dataset, metric, config, publisher, value in reports():
        if (found := catalogue.for_report(dataset, metric, config, publisher)) is not None:
            instrument, form = found
            assert isinstance(value, int | float)
            assert form.low <= value <= form.high
            values.setdefault(instrument.name, []).append((value - form.low) / (form.high - form.low))
    assert {name: len(found) for name, found in values.items()} == dict.fromkeys(
        ("arc_challenge", "hellaswag", "mmlu", "truthfulqa_mc2", "winogrande", "gsm8k"), 20
    )
    assert all(0.3 < value < 0.95 for value in values["hellaswag"])
