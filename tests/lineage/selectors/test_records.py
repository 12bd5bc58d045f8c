"""Selectors as text: what they mean, that writing and reading are inverse, and where a fault is pointed at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.selectors.parser import parse
from lineage.selectors.records import (
    GENERATIONS_LIMIT,
    Everything,
    Group,
    Having,
    InDomain,
    Mark,
    Marked,
    Method,
    NamedModel,
    Selector,
    SelectorError,
    SelectorTerm,
    render,
)
from lineage.vocabulary import Relation, StatusName

TEXTS = st.text(min_size=1, max_size=12) | st.sampled_from(["all", "*", "unscored", "7", "a+b", 'q"x', "openrail++"])
OPEN_METHODS = st.sampled_from([Method.ORG, Method.DATASET, Method.LIBRARY, Method.LICENSE, Method.TAG])
STATUSES = [name.value for name in StatusName if name is not StatusName.RENAMED]
ATOMS = st.one_of(
    st.just(Everything()),
    st.builds(NamedModel, id=TEXTS),
    st.builds(Marked, mark=st.sampled_from(Mark)),
    st.builds(Having, method=OPEN_METHODS, value=TEXTS),
    st.builds(
        InDomain,
        domain=TEXTS.map(str.lower).filter(lambda text: "@" not in text),
        least=st.none() | st.floats(0, 1),
    ),
    st.builds(Having, method=st.just(Method.RELATION), value=st.sampled_from([name.value for name in Relation])),
    st.builds(Having, method=st.just(Method.STATUS), value=st.sampled_from(STATUSES)),
)
GENERATIONS = st.none() | st.integers(0, GENERATIONS_LIMIT)
TERMS = st.builds(SelectorTerm, atom=ATOMS, ancestors=GENERATIONS, descendants=GENERATIONS, declared_only=st.booleans())
GROUPS = st.builds(Group, terms=st.lists(TERMS, min_size=1, max_size=3).map(tuple))
SELECTORS = st.builds(Selector, groups=st.lists(GROUPS, min_size=1, max_size=3).map(tuple))


def of(*groups: tuple[SelectorTerm, ...]) -> Selector:
    """Return the selector of these groups."""
    return Selector(groups=tuple(Group(terms=terms) for terms in groups))


def selector_or_fault(text: str) -> Selector | SelectorError:
    """Return what reading a text comes to."""
    try:
        return parse(text)
    except SelectorError as error:
        return error


MAPLE = NamedModel(id="maple/model-1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("maple/model-1", of((SelectorTerm(atom=MAPLE),))),
        ("+maple/model-1", of((SelectorTerm(atom=MAPLE, ancestors=None),))),
        ("maple/model-1+", of((SelectorTerm(atom=MAPLE, descendants=None),))),
        ("2+maple/model-1+3", of((SelectorTerm(atom=MAPLE, ancestors=2, descendants=3),))),
        ("declared:+maple/model-1", of((SelectorTerm(atom=MAPLE, ancestors=None, declared_only=True),))),
        ("declared", of((SelectorTerm(atom=Marked(mark=Mark.DECLARED)),))),
        (
            "org:maple,Declared:relation:merge+1",
            of(
                (
                    SelectorTerm(atom=Having(method=Method.ORG, value="maple")),
                    SelectorTerm(atom=Having(method=Method.RELATION, value="merge"), descendants=1, declared_only=True),
                )
            ),
        ),
        ("*", of((SelectorTerm(atom=Everything()),))),
        (" all ", of((SelectorTerm(atom=Everything()),))),
        ('"all"', of((SelectorTerm(atom=NamedModel(id="all")),))),
        ("unscored", of((SelectorTerm(atom=Marked(mark=Mark.UNSCORED)),))),
        ("domain:Medical+", of((SelectorTerm(atom=InDomain(domain="medical"), descendants=None),))),
        ("domain:Medical@0+", of((SelectorTerm(atom=InDomain(domain="medical", least=0), descendants=None),))),
        ("licence:MIT", of((SelectorTerm(atom=Having(method=Method.LICENSE, value="MIT")),))),
        ("tag:license:mit", of((SelectorTerm(atom=Having(method=Method.TAG, value="license:mit")),))),
        ('license:"openrail++"', of((SelectorTerm(atom=Having(method=Method.LICENSE, value="openrail++")),))),
        (
            "dataset:'my ''data'''+",
            of((SelectorTerm(atom=Having(method=Method.DATASET, value="my 'data'"), descendants=None),)),
        ),
        (
            "domain:legal,unscored org:maple",
            of(
                (
                    SelectorTerm(atom=InDomain(domain="legal")),
                    SelectorTerm(atom=Marked(mark=Mark.UNSCORED)),
                ),
                (SelectorTerm(atom=Having(method=Method.ORG, value="maple")),),
            ),
        ),
        (
            "undeclared , org:maple",
            of(
                (
                    SelectorTerm(atom=Marked(mark=Mark.UNDECLARED)),
                    SelectorTerm(atom=Having(method=Method.ORG, value="maple")),
                )
            ),
        ),
    ],
)
def test_a_selector_is_read(text: str, expected: Selector) -> None:
    """Each form of the grammar has its record."""
    assert parse(text) == expected


@given(SELECTORS)
def test_what_is_written_is_read_as_the_same(selector: Selector) -> None:
    """parse(render(s)) == s for every selector there is."""
    assert parse(render(selector)) == selector


@given(
    st.text(alphabet="ab/+2,:* \"'", max_size=20) | st.text(max_size=20) | st.text(max_size=9).map("declared:{}".format)
)
def test_any_text_is_read_or_refused_at_a_place(text: str) -> None:
    """Reading ends with a selector that is stable once written, or with a place inside the text or at its end."""
    outcome = selector_or_fault(text)
    if isinstance(outcome, Selector):
        assert parse(render(outcome)) == outcome
    else:
        assert 0 <= outcome.place <= len(text)
        assert outcome.hint


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("", 0, "give an id"),
        ("relation:finetine", 9, "did you mean relation:finetune?"),
        ("relation:zoology", 9, "it must be one of finetune, adapter, quantized, merge"),
        ("domian:legal", 0, "did you mean domain:...?"),
        ("colour:red", 0, "the methods are domain"),
        ("status:renamed", 7, "it must be one of"),
        ("org:", 4, "such as org:VALUE"),
        ("declared:", 9, "give an id"),
        ("delcared:maple/x", 0, "did you mean declared:...?"),
        ("+declared:maple/x", 1, "declared: comes first in its term, once"),
        ("declared:declared:maple/x", 9, "declared: comes first in its term, once"),
        ("relation: adapter", 9, "such as relation:finetune"),
        ("org:maple,", 10, "give an id"),
        (",org:maple", 0, "a comma stands between"),
        ("maple/x++", 8, "quotes"),
        ("license:openrail++", 17, 'did you mean license:"openrail++"?'),
        ("++maple/x", 1, "one + before an id"),
        (":x", 0, "before the colon"),
        ("'maple/x", 0, "end it with another '"),
        ("''", 0, "name a model"),
        ("maple/*", 6, "org:NAME"),
        ("12345+maple/x", 0, "leave the number out"),
        ("maple/x+12345", 8, "leave the number out"),
        ('maple/x"y"', 7, "quotes"),
        ("domain:medical@often", 7, "domain:medical@0 selects every model of it"),
        ("domain:medical@1.5", 7, "domain:medical@0"),
        ("org:maple domain:medical, ,x", 26, "a comma stands between"),
    ],
)
def test_a_fault_is_pointed_at_with_a_way_out(text: str, place: int, hint: str) -> None:
    """The caret stands under the character at fault, and the hint says what to write."""
    with pytest.raises(SelectorError) as caught:
        parse(text)
    assert (caught.value.place, caught.value.exit_code) == (place, 2)
    assert hint in caught.value.hint
    shown, caret = str(caught.value).split("\n")[1:]
    assert shown == f"    {text}"
    assert caret.index("^") == 4 + place


def test_a_long_selector_is_shown_around_its_fault() -> None:
    """The caret still points at the fault, and nothing hidden is printed."""
    text = "maple/a " * 50 + "\x1b[31m:x" + " maple/b" * 50
    with pytest.raises(SelectorError) as caught:
        parse(text)
    shown, caret = str(caught.value).split("\n")[1:]
    assert len(shown) <= 104
    assert shown.isprintable()
    assert shown[caret.index("^")] == "\N{REPLACEMENT CHARACTER}"
    with pytest.raises(SelectorError, match="more than 10,000 characters"):
        parse("x " * 6_000)
