"""How far an edge is trusted follows from how its parent was found."""

from lineage.parents.evidence import (
    CURATED,
    DECLARED,
    DECLARED_PRECISION,
    EVIDENCE_ORDER,
    INFERRED,
    declared_confidence,
    resolutions,
)


def test_confidence_is_a_share_and_looser_matches_have_less() -> None:
    """An exact name has the published precision, looser ones less, a parent that nobody can see the least."""
    values = {way: declared_confidence("card", way) for way in resolutions()}
    assert values["exact"] == values["renamed"] == DECLARED_PRECISION
    assert values["exact"] > values["case"] == values["legacy"] > values["missing"] > 0.5
    assert all(0 < value < 1 for value in values.values())
    assert declared_confidence("gguf", "exact") < declared_confidence("config", "exact")


def test_a_person_is_believed_first_and_conclusions_last() -> None:
    """Each kind of evidence stands once: a person, the Hub, other declarations, vendor facts, conclusions."""
    assert len(set(EVIDENCE_ORDER)) == len(EVIDENCE_ORDER)
    assert EVIDENCE_ORDER[:4] == ("human", "hub", "card", "tag")
    assert ("human", *DECLARED, CURATED, *INFERRED) == EVIDENCE_ORDER
