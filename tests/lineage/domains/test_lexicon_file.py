"""The lexicon file: reading, merging, asking, filtering."""

import pytest

from lineage.domains.lexicon import MOST_DOMAINS, Domain, Query, UnknownDomain, merge
from lineage.domains.lexicon_file import LexiconError, default_lexicon, read_lexicon

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


def test_a_tag_is_asked_for_in_each_of_its_capitals() -> None:
    """The Hub's filter tells capitals apart, so `medical` and `Medical` are two questions; a search does not."""
    lexicon = read_lexicon("medical: {ask: {tags: [medical, Medical]}}", "mine.yaml")
    assert [query.value for query in lexicon.queries()] == ["medical", "Medical"]
    with pytest.raises(LexiconError, match="'medqa' is given twice"):
        read_lexicon("medical: {ask: {names: [medqa, MedQA]}}", "mine.yaml")


def test_companions_are_runs_of_letters() -> None:
    """They are read beside the topics, joined when files are merged, and refused if they have other characters."""
    lexicon = merge(
        read_lexicon("companions: [Bot]", "one.yaml"), read_lexicon("companions: [bot, expert]", "two.yaml")
    )
    assert lexicon.companions == ("bot", "expert")
    with pytest.raises(LexiconError, match="'b-t' is not a run of letters"):
        read_lexicon("companions: [b-t]", "one.yaml")


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
        ("education: {colour: '#aa3377'}", 1, "a new one needs a title"),
        ("education: {title: [a]}", 1, "title must be a text of at most 40 characters"),
        ("education:\n  title: Education\n  colour: red", 3, "colour must be a colour such as '#2f6f5e', in quotes"),
        ("education:\n  title: Education\n  colour: #aa3377", 3, "colour must be a colour"),
        ("education:\n  title: Education\n  risk: -1", 3, "risk must be a number from 0 to 999"),
        ("topics: []\nall: {title: All}", 2, "'all': the name of a domain has lower-case letters, digits and _"),
        ("Education: {title: Education}", 1, "the name of a domain has lower-case letters"),
        ("\n".join(f"d{number}: {{title: D}}" for number in range(40)), 29, "more than 31 domains"),
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
    """Every domain has 90 to 140 questions and words in fifteen languages besides English."""
    lexicon = default_lexicon()
    assert lexicon.names
    for domain in lexicon.names:
        languages = {term.language for term in lexicon.terms if term.domain == domain}
        assert 90 <= len(lexicon.queries([domain])) <= 140
        assert len(languages) >= 16


def test_every_question_can_find_what_counts() -> None:
    """Each tag and data set that a crawl asks for is itself a sign of the domain."""
    lexicon = default_lexicon()
    prefilter = lexicon.prefilter()
    for query in lexicon.queries():
        if query.parameter == "filter":
            assert prefilter.passes("x/y", [query.value]), query


EDUCATION = """
education:
  title: Education
  colour: "#AA3377"
  risk: 1.5
  names: {strong: [school, tutor]}
  ask: {names: [tutor]}
"""


def test_a_file_defines_a_domain() -> None:
    """A new domain has its looks and its questions and comes after those that ship."""
    lexicon = merge(default_lexicon(), read_lexicon(EDUCATION, "mine.yaml"))
    assert lexicon.names == (*default_lexicon().names, "education")
    assert lexicon.domains[-1] == Domain(name="education", title="Education", colour="#aa3377", risk=1.5)
    assert lexicon.queries(["education"]) == (Query(parameter="search", value="tutor", domain="education"),)
    assert lexicon.chosen(["education", "legal"]) == ("legal", "education")
    assert lexicon.additions == EDUCATION


def test_a_file_changes_the_looks_of_a_domain_that_ships() -> None:
    """What it does not say of the domain stays."""
    shipped = {domain.name: domain for domain in default_lexicon().domains}["legal"]
    merged = merge(default_lexicon(), read_lexicon("legal: {title: Law}", "mine.yaml"))
    assert merged.names == default_lexicon().names
    changed = {domain.name: domain for domain in merged.domains}["legal"]
    assert (changed.title, changed.colour, changed.risk) == ("Law", shipped.colour, shipped.risk)


def test_an_unknown_domain_is_told_with_those_that_there_are() -> None:
    """A near name is suggested, else where one is defined."""
    with pytest.raises(
        UnknownDomain, match="there is no domain 'medcal'; the domains are medical, legal, financial"
    ) as near:
        default_lexicon().chosen(["legal", "medcal"])
    assert near.value.hint == "did you mean medical?"
    with pytest.raises(UnknownDomain) as far:
        default_lexicon().chosen(["xyz"])
    assert "lexicon file" in far.value.hint
    assert len(default_lexicon().names) <= MOST_DOMAINS
