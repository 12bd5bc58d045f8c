"""The lexicon file: reading, merging, asking, filtering."""

import pytest

from lineage.domains.lexicon_file import DOMAINS, LexiconError, Query, default_lexicon, merge, read_lexicon

SMALL = """
topics: [code, music]
medical:
  tags: {weak: [medical], strong: [clinical notes]}
  datasets:
    strong: [maple/notes, birch/*]
  names:
    strong: [med qa]
  languages:
    german: {strong: [medizin]}
  ask:
    tags: [Medical]
    datasets: [Maple/Notes]
    names: [medqa]
  false_friends:
    med qa: [not med qa, tag:fi]
"""


def test_a_file_is_read_into_signs() -> None:
    """Every section becomes terms of its kind, weight and language."""
    lexicon = read_lexicon(SMALL, "mine.yaml")
    signs = [(term.kind, term.text, term.strong, term.language) for term in lexicon.terms]
    assert signs == [
        ("tag", "medical", False, "english"),
        ("tag", "clinical notes", True, "english"),
        ("dataset", "maple/notes", True, "english"),
        ("dataset", "birch/*", True, "english"),
        ("name", "med qa", True, "english"),
        ("name", "medizin", True, "german"),
    ]
    assert lexicon.topics == ("code", "music")
    assert [friend.context for friend in lexicon.false_friends] == ["not med qa", "tag:fi"]


def test_queries_keep_the_case_of_the_hub_and_come_once() -> None:
    """Tags come first, then names, then data sets; a question that two domains share is asked once."""
    lexicon = read_lexicon(SMALL + "legal: {ask: {tags: [Medical, law]}}", "mine.yaml")
    assert lexicon.queries() == (
        Query(parameter="filter", value="Medical", domain="medical"),
        Query(parameter="filter", value="law", domain="legal"),
        Query(parameter="search", value="medqa", domain="medical"),
        Query(parameter="filter", value="dataset:Maple/Notes", domain="medical"),
    )
    assert [query.value for query in lexicon.queries(["legal"])] == ["Medical", "law"]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("medical: {}\nveterinary: {}", 2, "unknown domain 'veterinary'"),
        ("medical:\n  tag: []", 2, "unknown key 'tag'"),
        ("medical:\n  tags:\n    sure: [a]", 3, "unknown weight 'sure'"),
        ("medical:\n  tags:\n    strong: a", 3, "strong must be a list"),
        ("medical:\n  tags: [a]", 2, "tags must be a mapping"),
        ("- medical", 1, "the file must be a mapping"),
        ("medical:\n  tags:\n    strong:\n      - a\n      - [b]", 5, "an entry of strong must be a text"),
        ("medical:\n  tags:\n    strong:\n      - a\n      - ''", 5, "an entry of strong is empty"),
        ("medical:\n  datasets:\n    weak: ['*']", 3, "an entry of weak is empty"),
        ("medical:\n  tags:\n    strong:\n      - a\n      - A", 5, "'a' is given twice, first on line 4"),
        ("medical:\n  tags:\n    strong: [a]\n    weak: [a]", 4, "'a' is given twice, first on line 3"),
        ("medical: {}\nmedical: {}", 2, "'medical' is given twice"),
        ("medical:\n  ? [a]\n  : b", 2, "a key of medical must be a word"),
        ("medical:\n  datasets:\n    strong: [a*b]", 3, "'a*b' is not a data set id"),
        ("medical:\n  names:\n    strong: [med-qa]", 3, "write words of letters and digits"),
        ("medical:\n  names:\n    strong: [a b c d e f]", 3, "has more than 5 words"),
        ("medical:\n  ask:\n    words: [a]", 3, "unknown key 'words' in ask"),
        ("medical:\n  false_friends:\n    bio-x: [a]", 3, "'bio-x' is not a word of a name"),
        ("medical:\n  false_friends:\n    bio: [colour:red]", 3, "unknown mark 'colour'"),
        ("medical:\n\t- a", 2, "cannot start any token"),
        ("medical: [", 1, "expected the node content"),
        ("medical: *there", 1, "undefined alias"),
        ("medical:\n  \x00", 2, "a character that YAML does not allow"),
        ("[" * 5000, 1, "nested too deeply"),
    ],
)
def test_each_fault_is_told_with_its_line(text: str, line: int, problem: str) -> None:
    """A fault names the file, the line from 1 and what is wrong."""
    with pytest.raises(LexiconError) as caught:
        read_lexicon(text, "mine.yaml")
    assert (caught.value.source, caught.value.line) == ("mine.yaml", line)
    assert problem in caught.value.problem
    assert str(caught.value).startswith(f"mine.yaml, line {line}: ")


def test_an_empty_file_is_an_empty_lexicon() -> None:
    """A file without content adds nothing, and its filter lets nothing through."""
    lexicon = read_lexicon("# nothing yet\n", "mine.yaml")
    assert lexicon.terms == ()
    assert not lexicon.prefilter().passes("maple/medical", ["medical"])


def test_a_second_lexicon_adds_and_overrules() -> None:
    """Merging keeps both, with the weight of the later one where they name the same sign."""
    other = read_lexicon("medical: {tags: {strong: [medical]}, names: {weak: [leech]}}", "other.yaml")
    merged = merge(read_lexicon(SMALL, "mine.yaml"), other)
    weights = {term.text: term.strong for term in merged.terms}
    assert weights["medical"] is True
    assert weights["leech"] is False
    assert weights["birch/*"] is True
    assert len(merged.queries()) == 3


def test_the_default_lexicon_covers_its_contract() -> None:
    """Every domain has fifty to ninety questions and words in fifteen languages besides English."""
    lexicon = default_lexicon()
    for domain in DOMAINS:
        languages = {term.language for term in lexicon.terms if term.domain == domain}
        assert 50 <= len(lexicon.queries([domain])) <= 90
        assert len(languages) >= 16


def test_every_question_can_find_what_counts() -> None:
    """Each tag and data set that a crawl asks for is itself a sign of the domain."""
    lexicon = default_lexicon()
    prefilter = lexicon.prefilter()
    for query in lexicon.queries():
        if query.parameter == "filter":
            assert prefilter.passes("x/y", [query.value]), query
