"""Hyper-parameters from cards: every form that tools and people write, contradictions, and hostile text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.study.training_facts import NOTHING, TEXT_LIMIT, Tuning, ValueForm, read_hyperparameters

TRAINER = """---
library_name: transformers
base_model: oak/base-7b
datasets:
- oak/consultations
tags:
- generated_from_trainer
---
# notes

This model is a fine-tuned version of [oak/base-7b](https://example.org/oak) on the ash/letters dataset.

### Training hyperparameters

The following hyperparameters were used during training:
- learning_rate: 2e-05
- train_batch_size: 8
- eval_batch_size: 16
- total_train_batch_size: 32
- lr_scheduler_warmup_steps: 10
- num_epochs: 3.0
"""
AXOLOTL = """Built with axolotl, as this configuration says:
```yaml
base_model: oak/base-7b
adapter: lora  # see below
load_in_4bit: true
lora_r: 16
micro_batch_size: 2
num_epochs: 4
learning_rate: 0.0002
datasets:
  - path: oak/consultations
    type: alpaca
  - path: ./own.jsonl
```
"""


def test_the_list_of_the_trainer_is_read() -> None:
    """Rate, epochs, total batch size and data sets; other rates and sizes are not taken for them."""
    found = read_hyperparameters(TRAINER)
    assert (found.learning_rate, found.epochs, found.batch_size, found.method) == (2e-05, 3.0, 32, None)
    assert found.datasets == ("oak/consultations", "ash/letters")
    assert [one.text for one in found.declared if one.field == "learning_rate"] == ["- learning_rate: 2e-05"]


def test_a_configuration_of_axolotl_is_read() -> None:
    """An adapter over a base of 4 bits is a QLoRA; a path on somebody's disk is no data set."""
    found = read_hyperparameters(AXOLOTL)
    assert (found.learning_rate, found.epochs, found.batch_size, found.lora_rank) == (2e-4, 4.0, 2, 16)
    assert (found.method, found.datasets) == (Tuning.QLORA, ("oak/consultations",))


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("learning_rate=2e-4,", "learning_rate", 2e-4),
        ("    args = TrainingArguments(learning_rate=1e-5, num_train_epochs=2)", "epochs", 2.0),
        ("lora = LoraConfig(r=64, lora_alpha=16)", "lora_rank", 64),
        ("| Learning rate | 5e-6 |", "learning_rate", 5e-6),
        ("| **Epochs** | 3 |", "epochs", 3.0),
        ("- **Learning Rate:** 1 x 10^-5", "learning_rate", 1e-5),
        ("* Epochs: `2`", "epochs", 2.0),
        ("It was trained for 3 epochs with a learning rate of 2e-5.", "learning_rate", 2e-5),
        ("It was trained for 3 epochs with a learning rate of 2e-5.", "epochs", 3.0),
        ("Per device train batch size: 4", "batch_size", 4),
        ("finetuning_type: full", "method", Tuning.FULL),
        ("We did a full-parameter fine-tuning.", "method", Tuning.FULL),
        ("learning rate: 2e-5.", "learning_rate", 2e-5),
    ],
)
def test_what_people_write_is_read(text: str, field: str, value: object) -> None:
    """Code, tables, lists and sentences."""
    assert getattr(read_hyperparameters(text), field) == value


@pytest.mark.parametrize(
    "text",
    [
        "learning_rate: fast",
        "learning_rate: 20",
        "learning_rate: -1e-5",
        "epochs: 2-3",
        "batch_size: 4 x 8",
        "batch_size: 2.5",
        "learning_rate: 1e-4 / 2e-4",
        "Compared with 3 epochs, results differ.",
        "rank: 3",
        "r: 8",
        "model = load(name, load_in_4bit=True)",
        "path: oak/consultations",
        "num_epochs: 3rd",
        "learning_rate:",
        "learning_rate",
    ],
)
def test_what_is_no_value_is_not_read(text: str) -> None:
    """Words, impossible numbers, ranges, products, and keys that mean something else."""
    assert read_hyperparameters(text) == NOTHING


def test_two_runs_in_one_card_are_not_told_apart() -> None:
    """Different values in one form give None; both are kept with their words."""
    found = read_hyperparameters("- learning_rate: 1e-5\n- num_epochs: 1\n- learning_rate: 5e-7\n- num_epochs: 1\n")
    assert (found.learning_rate, found.epochs) == (None, 1.0)
    assert [one.value for one in found.declared if one.field == "learning_rate"] == [1e-5, 5e-7]


def test_what_a_program_wrote_counts_before_what_a_person_did() -> None:
    """The Trainer's list before a configuration, that before a table, that before prose."""
    parts = ["trained for 4 epochs", "| epochs | 3 |", "epochs: 2", "- num_epochs: 1"]
    values = [read_hyperparameters("\n\n".join(parts[: count + 1])).epochs for count in range(4)]
    assert values == [4.0, 3.0, 2.0, 1.0]
    forms = {one.form for one in read_hyperparameters("\n\n".join(parts)).declared}
    assert forms == {ValueForm.LIST, ValueForm.CONFIG, ValueForm.TABLE, ValueForm.PROSE}


@pytest.mark.parametrize(
    ("text", "tags", "library", "method"),
    [
        ("", ("lora",), None, Tuning.LORA),
        ("", (), "peft", Tuning.LORA),
        ("", ("lora", "qlora"), "peft", Tuning.QLORA),
        ("", ("unsloth", "trl"), None, None),
        ("---\nbase_model: oak/base-bnb-4bit\n---\n", ("unsloth",), None, Tuning.QLORA),
        ("---\nbase_model: [oak/base-bnb-4bit]\n---\n", (), "peft", Tuning.QLORA),
        ("finetuning_type: full", ("lora",), None, Tuning.FULL),
        ("- load_in_4bit: True", (), "peft", Tuning.QLORA),
        ("- load_in_4bit: False", (), "peft", Tuning.LORA),
    ],
)
def test_tags_tell_of_adapters(text: str, tags: tuple[str, ...], library: str | None, method: Tuning | None) -> None:
    """A tag or the library says what was trained, where the text does not; few bits under an adapter make a QLoRA."""
    assert read_hyperparameters(text, tags, library).method is method


def test_shown_words_are_plain() -> None:
    """Control and bidi characters of a card do not reach a terminal."""
    (found,) = read_hyperparameters("learning_rate: 1e-5 \x1b[31m\u202e").declared
    assert found.text.isprintable()
    assert found.value == 1e-5


@pytest.mark.parametrize(
    "text",
    [
        "fine-tuned version of " * 20_000,
        "learning rate " * 50_000,
        "=" * 500_000,
        "|" * 500_000,
        "r=" * 200_000 + "lora",
        "learning_rate: " + "9" * 400_000,
        "- learning_rate: 1e-5\n" * 50_000,
        "(" * 300_000 + "=1e-5",
    ],
)
def test_a_hostile_card_is_read_to_its_bounds(text: str) -> None:
    """Length and repetition cost no more than the bounds: at most 200 lines are kept, whatever stands there."""
    assert len(read_hyperparameters(text).declared) <= 230


def test_what_lies_beyond_the_bound_is_not_read() -> None:
    """A card is cut."""
    assert read_hyperparameters("x" * TEXT_LIMIT + "\n- learning_rate: 1e-5") == NOTHING


@given(st.text(max_size=300), st.lists(st.text(max_size=10), max_size=3))
def test_nothing_raises(text: str, tags: list[str]) -> None:
    """Any text gives facts, whose numbers are finite and in their bounds."""
    found = read_hyperparameters(text, tuple(tags))
    assert found.learning_rate is None or 0 < found.learning_rate <= 1
    assert found.epochs is None or 0 < found.epochs <= 1000


@given(st.floats(1e-8, 1), st.integers(1, 1000), st.integers(1, 10_000))
def test_what_a_trainer_would_write_comes_back(rate: float, epochs: int, batch: int) -> None:
    """Any rate, number of epochs and batch size, written as Python prints them, are read as they were."""
    text = f"- learning_rate: {rate}\n- train_batch_size: {batch}\n- num_epochs: {epochs}\n"
    found = read_hyperparameters(text)
    assert (found.learning_rate, found.epochs, found.batch_size) == (rate, epochs, batch)
