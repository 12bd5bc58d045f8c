"""Policy files: what is read, how faults are told, and that nothing that anybody writes is a crash."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.policy.fields import described, keys_of
from lineage.policy.policy import PolicyFault
from lineage.policy.policy_file import read_policy
from lineage.policy.rules import KINDS, Level, Licences, Measured, NoWorse
from lineage.text.toml import line_of

EXAMPLE = Path(__file__).parents[3] / "docs" / "policy.toml"
SMALL = '[[rule]]\nkind = "present"\n'
MEASURED = '[[rule]]\nkind = "measured"\ninstruments = ["harm"]\n'
EXCEPTION = '[[exception]]\nmodel = "oak/*"\nrules = ["present"]\nreason = "moved"\nexpires = 2027-01-01\n'
SAMPLE: dict[str, str] = {
    "measured": 'instruments = ["harm"]',
    "approved_bases": 'bases = ["maple/*"]',
    "licences": 'forbid = ["gpl"]',
    "seen": "max_age_days = 3",
}


def test_a_policy_is_read_with_its_lines() -> None:
    """Rules have the user's values, defaults elsewhere, and the line on which they begin."""
    text = f'title = "Mine"\nalpha = 0.01\n\n{MEASURED}max_age_days = 30\nlevel = "warning"\nname = "lately"\n'
    policy = read_policy(text, "mine.toml")
    assert (policy.title, policy.alpha, policy.source) == ("Mine", 0.01, "mine.toml")
    assert policy.rules == (
        Measured(name="lately", level=Level.WARNING, line=4, instruments=("harm",), max_age_days=30),
    )


def test_a_rule_is_called_like_its_kind() -> None:
    """Where it has no name; two of a kind need names."""
    assert read_policy(SMALL, "mine.toml").rules[0].name == "present"
    with pytest.raises(PolicyFault, match=r"mine\.toml:4: kind is the name of another rule; give each its own `name`"):
        read_policy(SMALL + SMALL, "mine.toml")
    assert len(read_policy(SMALL + SMALL + 'name = "again"\n', "mine.toml").rules) == 2


def test_an_exception_has_a_reason_and_an_end() -> None:
    """Both are required, and the rules that it excuses have to exist."""
    (one,) = read_policy(SMALL + EXCEPTION, "mine.toml").exemptions
    assert (one.model, one.rules, one.reason, one.expires, one.line) == (
        "oak/*",
        ("present",),
        "moved",
        date(2027, 1, 1),
        3,
    )


@pytest.mark.parametrize(
    ("text", "line", "place", "problem"),
    [
        ("rule = ", None, None, "not readable as TOML"),
        ("a = " + "[" * 9000, None, None, "nested too deeply"),
        ("#" * 70_000, None, None, "longer than"),
        ("", None, None, "the policy has no rule"),
        ("rules = 1\n" + SMALL, 1, "rules", "did you mean rule?"),
        ("[rule]\nkind = 'present'", 1, "rule", "two brackets"),
        ("rule = [1]", 1, "rule", "two brackets"),
        ("[[rule]]\nname = 'x'", 1, "kind", "is missing; known are measured"),
        ("[[rule]]\nkind = 'mesured'", 2, "kind", "did you mean measured?"),
        ("[[rule]]\nkind = 3", 2, "kind", "this value is not a kind of rule"),
        ("[[rule]]\nkind = 0x" + "f" * 9_000, 2, "kind", "this value is not a kind of rule"),
        ("a = " + "9" * 5_000, None, None, "not readable as TOML"),
        (SMALL + "colour = 1", 3, "colour", "is not a key here; known are kind, name, level"),
        (SMALL + "level = 'eror'", 3, "level", "must be error or warning (did you mean error?)"),
        (SMALL + "name = 'selection'", 3, "name", "is a name that the check itself uses"),
        (SMALL + "name = ''", 3, "name", "must be a text"),
        (SMALL + 'name = "a\\u202eb"', 3, "name", "visible characters"),
        ("[[rule]]\nkind = 'measured'", 1, "instruments", "is missing"),
        ("[[rule]]\nkind = 'measured'\ninstruments = []", 3, "instruments", "with at least one"),
        ("[[rule]]\nkind = 'measured'\ninstruments = [\n 1,\n]", 3, "instruments", "must hold texts"),
        (MEASURED + "max_age_day = 3", 4, "max_age_day", "did you mean max_age_days?"),
        (MEASURED + "max_age_days = 0", 4, "max_age_days", "must be a whole number, 1 to 36500"),
        (MEASURED + "max_age_days = 1.5", 4, "max_age_days", "whole number"),
        (MEASURED + "max_age_days = true", 4, "max_age_days", "whole number"),
        (MEASURED + "accept_reported = 'yes'", 4, "accept_reported", "must be true or false"),
        ("[[rule]]\nkind = 'no_worse'\nmargin = nan", 3, "margin", "must be a number, 0 to 100"),
        ("[[rule]]\nkind = 'no_worse'\nagainst = 'base'", 3, "against", "must be parent or scored_ancestor or root"),
        ("[[rule]]\nkind = 'guarded'\nconstructs = ['capabilty']", 3, "constructs", "did you mean capability?"),
        ("[[rule]]\nkind = 'approved_bases'\nbases = ['a b']", 3, "bases", "nor a pattern such as org/*"),
        ("[[rule]]\nkind = 'licences'", 1, "licences", "needs one of forbid"),
        ("alpha = 2\n" + SMALL, 1, "alpha", "must be a number, 0.0001 to 0.5"),
        ("title = 1\n" + SMALL, 1, "title", "must be a text"),
        (SMALL + EXCEPTION.replace("2027-01-01", "'soon'"), 7, "expires", "must be a date such as"),
        (SMALL + EXCEPTION.replace("2027-01-01", "2027-01-01T00:00:00"), 7, "expires", "must be a date such as"),
        (SMALL + EXCEPTION.replace('["present"]', '["presnt"]'), 5, "rules", "did you mean present?"),
        (SMALL + EXCEPTION.replace('reason = "moved"\n', ""), 3, "reason", "is missing"),
        (SMALL + EXCEPTION.replace("oak/*", "oak/[a]"), 4, "model", "is neither an id"),
        (SMALL * 201, 1, "rule", "appears 201 times, more than 200"),
    ],
)
def test_a_fault_names_line_and_key(text: str, line: int | None, place: str | None, problem: str) -> None:
    """The faults are told with line, key, what is allowed, and the word that was perhaps meant."""
    with pytest.raises(PolicyFault) as caught:
        read_policy(text, "mine.toml")
    first = caught.value.faults[0]
    assert (first.line, first.place) == (line, place)
    assert problem in first.problem
    assert str(caught.value).startswith("mine.toml" if line is None else f"mine.toml:{line}: ")
    assert caught.value.exit_code == 2


def test_all_faults_are_told_at_once() -> None:
    """In the order of their lines, twenty at most."""
    with pytest.raises(PolicyFault) as caught:
        read_policy(SMALL.replace("present", "a") * 30, "mine.toml")
    assert [fault.line for fault in caught.value.faults] == list(range(2, 61, 2))
    assert str(caught.value).endswith("... and 10 more")


def test_an_exception_tells_all_its_faults() -> None:
    """A key that is missing hides none of the others' faults."""
    text = SMALL + EXCEPTION.replace('reason = "moved"\n', "").replace("2027-01-01", "'soon'").replace(
        '"present"', '"presnt"'
    )
    with pytest.raises(PolicyFault) as caught:
        read_policy(text, "mine.toml")
    assert [fault.place for fault in caught.value.faults] == ["reason", "rules", "expires"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_read_and_is_described(kind: str) -> None:
    """A rule with the keys that it must have is read with the defaults that the manual shows."""
    (rule,) = read_policy(f'[[rule]]\nkind = "{kind}"\n{SAMPLE.get(kind, "")}', "mine.toml").rules
    assert type(rule) is KINDS[kind]
    assert rule.about.endswith(".")
    required = [one.name for one in described(KINDS[kind]) if one.default == "required"]
    assert all(name in SAMPLE.get(kind, "") for name in required)
    assert [one.name for one in described(KINDS[kind])] == list(keys_of(KINDS[kind]))


def test_the_example_of_the_manual_is_a_policy() -> None:
    """It reads without a fault, and shows the rules that people ask for first."""
    policy = read_policy(EXAMPLE.read_text("utf-8"), "policy.toml")
    kinds = {rule.kind for rule in policy.rules}
    assert {"measured", "guarded", "no_worse", "shown_no_worse", "declared_parents", "licences"} <= kinds
    assert any(isinstance(rule, Licences) for rule in policy.rules)
    assert any(isinstance(rule, NoWorse) and rule.margin == 3.0 for rule in policy.rules)
    assert policy.exemptions


def test_a_value_of_several_lines_begins_on_its_first() -> None:
    """Keys of the same name in other tables, comments and lists over lines do not mislead."""
    text = '# b\n[[t]]\nb = 1\n[[t]] # b\na = """\nb = 3\n"""\nb = [\n 1,\n]\n'
    assert [line_of(text, ("t", place, "b")) for place in (0, 1)] == [3, 8]
    assert line_of(text, ("t", 1)) == 4
    assert line_of(text, ("t", 2)) is None
    assert line_of(text, ()) is None


VALUES = st.recursive(
    st.one_of(
        st.booleans().map(lambda one: str(one).lower()),
        st.integers(-9, 9**20).map(str),
        st.floats().map(lambda one: str(one).replace("+", "")),
        st.sampled_from(["'a'", '"b"', "2027-01-01", "2027-01-01T00:00:00Z", "'org/*'", "[]", "{}", "''"]),
    ),
    lambda inner: st.lists(inner, max_size=3).map(lambda some: f"[{', '.join(some)}]"),
    max_leaves=4,
)
NAMES = sorted(
    {name for kind in KINDS.values() for name in keys_of(kind)} | {"kind", "name", "level", "model", "rules"}
)


@given(
    kind=st.sampled_from([*KINDS, "x"]),
    table=st.sampled_from(["rule", "exception", "other"]),
    entries=st.dictionaries(st.sampled_from([*NAMES, "reason", "expires", "z"]), VALUES, max_size=6),
)
def test_any_values_are_read_or_are_faults(kind: str, table: str, entries: dict[str, Any]) -> None:
    """Whatever stands under the keys, reading gives a policy or PolicyFault, and no other exception."""
    lines = [f"{name} = {value}" for name, value in ({"kind": f"'{kind}'"} | entries).items()]
    text = SMALL + f"[[{table}]]\n" + "\n".join(lines) + "\n"
    try:
        policy = read_policy(text, "mine.toml")
    except PolicyFault:
        return
    assert policy.rules[0].kind == "present"


@given(text=st.text(alphabet="[]{}\"'=.,0123456789abeiklnrstuxp_ \n#\x00é", max_size=80))
def test_any_text_is_read_or_is_a_fault(text: str) -> None:
    """Whatever a file says, reading it gives a policy or PolicyFault."""
    try:
        policy = read_policy(SMALL + text, "mine.toml")
    except PolicyFault:
        return
    assert policy.rules
