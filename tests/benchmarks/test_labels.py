"""The labels of models that declare no base, and how a parent that was found is judged by them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from benchmarks.rig.labels import LABELS, Family, Label, read_labels
from benchmarks.undeclared import report

if TYPE_CHECKING:
    import pytest


def a_label(parent: str) -> Label:
    """Return a sure label of one fictional model."""
    return Label(model="studio/child", parent=parent, stratum="domain", half="held", is_sure=True)


def test_every_label_is_complete() -> None:
    """Each model is labelled once, with a reason, in one of two halves; who is sure names an answer."""
    lines = [line for line in LABELS.read_text("utf-8").splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert len({row["model"] for row in rows}) == len(rows) >= 300
    assert all(row["reason"] and row["model"] != row["parent"] for row in rows)
    assert {row["half"] for row in rows} == {"development", "held"}
    assert not [row for row in rows if row["sure"] == "yes" and row["parent"] == "?"]
    assert len(read_labels()) == len(rows)


def test_a_parent_is_judged_by_its_label() -> None:
    """The labelled parent, a copy of it and an ancestor are right, each by its name; any parent of a root is wrong."""
    family = Family(
        parents={
            "maple/base-chat": {"maple/base": "finetune"},
            "press/base-chat-4bit": {"maple/base-chat": "quantized"},
        }
    )
    label = a_label("maple/base-chat")
    assert family.judge(label, "maple/base-chat") == "exact"
    assert family.judge(label, "press/base-chat-4bit") == "copy"
    assert family.judge(label, "mirror/Base-Chat") == "copy"
    assert family.judge(label, "maple/base") == "ancestor"
    assert family.judge(label, "birch/other") == "wrong"
    assert family.judge(a_label(""), "maple/base") == "root"
    assert family.judge(a_label("merge"), "maple/base") == family.judge(a_label("?"), "maple/base") == "unjudged"


def test_vendor_facts_are_counted_in_a_second_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Precision and recall are said once by the rules alone and once with vendor facts, which are not inferred."""
    edges = [("studio/child", "maple/base", "finetune", "curated", False)]
    report([a_label("maple/base")], edges, is_wordy=False)
    first, second = capsys.readouterr().out.split("every inferred edge and every vendor fact")
    assert "1.000" not in first
    assert "1.000" in second
