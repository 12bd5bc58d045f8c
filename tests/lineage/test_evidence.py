"""How far an edge is trusted follows from how its parent was found."""

from lineage.evidence import DECLARED_PRECISION, EVIDENCE_ORDER, declared_confidence, resolutions


def test_confidence_is_a_share_and_looser_matches_have_less() -> None:
    """An exact name has the published precision, looser ones less, a parent that nobody can see the least."""
    values = {way: declared_confidence(way) for way in resolutions()}
    assert values["exact"] == values["renamed"] == DECLARED_PRECISION
    assert values["exact"] > values["case"] == values["legacy"] > values["missing"] > 0.5
    assert all(0 < value < 1 for value in values.values())


def test_the_hub_is_believed_first() -> None:
    """Each kind of evidence stands once, the Hub's own resolution first, files last."""
    assert len(set(EVIDENCE_ORDER)) == len(EVIDENCE_ORDER)
    assert EVIDENCE_ORDER[:3] == ("hub", "card", "tag")
