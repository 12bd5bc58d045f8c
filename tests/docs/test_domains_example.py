"""The lexicons in docs/domains.md can be read."""

import re
from pathlib import Path

from lineage.domains.lexicon_file import read_lexicon

PAGE = Path(__file__).parents[2] / "docs" / "domains.md"


def test_every_lexicon_shown_can_be_read() -> None:
    """Each YAML block of the page is a valid lexicon with at least one term."""
    blocks = re.findall(r"```ya?ml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    assert all(read_lexicon(block, str(PAGE)).terms for block in blocks)
