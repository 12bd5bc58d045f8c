"""Domains as data: what a lexicon file defines is known to the database, its selectors, its page and its counts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lineage.domains.lexicon import UnknownDomain, merge
from lineage.domains.lexicon_file import default_lexicon, read_lexicon
from lineage.explorer.payload import encode
from lineage.scores.instrument_file import default_catalogue
from store.derive.domains import kept_lexicon
from store.drift.fitted_predictions import surest_domains
from store.drift.write_drift import refresh
from store.outputs.explorer import find_explorer
from store.queries.known_domains import check_known, known_domains, known_names
from store.queries.select import select
from store.refresh import digest, is_fresh
from store.scores.queries import list_instruments
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.domains.lexicon import Lexicon
    from lineage.scores.score import Score
    from tests.store.conftest import Desk, Filled

FILE = """
education:
  title: Education
  colour: "#aa3377"
  risk: 5
  names: {strong: [tutor]}
"""


@pytest.fixture(name="lexicon")
def fixture_lexicon() -> Lexicon:
    """Return the lexicon that ships with a domain of education on top."""
    return merge(default_lexicon(), read_lexicon(FILE, "mine.yaml"))


@pytest.fixture(name="school")
def fixture_school(filled: Filled, lexicon: Lexicon) -> Desk:
    """Return a database of a tutor, what was made of it, and a medical model, judged by that lexicon."""

    def fill(desk: Desk) -> None:
        desk.take(
            [
                desk.record(1, id="maple/tutor-7b"),
                desk.record(2, tags=["base_model:finetune:maple/tutor-7b"]),
                desk.record(3, id="maple/medical-notes"),
            ]
        )
        desk.store.derive(lexicon, desk.START + timedelta(days=1))

    return filled(fill)


def test_domains_that_ship_are_known_before_anything_was_judged(desk: Desk) -> None:
    """Without a derivation there are those of the lexicon that comes with the package."""
    assert known_domains(desk.database) == default_lexicon().domains


def test_a_database_keeps_the_domains_of_the_lexicon_in_force(school: Desk, lexicon: Lexicon) -> None:
    """Names, titles, colours and order are those of the file and of what ships, without the file at hand."""
    assert known_domains(school.database) == lexicon.domains
    assert known_names(school.database)[-1] == "education"
    assert digest(kept_lexicon(school.database)) == digest(lexicon)
    assert is_fresh(school.database, kept_lexicon(school.database))


def test_judging_by_what_ships_forgets_the_file(school: Desk) -> None:
    """What was defined by a file that is no longer read is no domain any more."""
    school.store.derive(default_lexicon(), school.START + timedelta(days=2))
    assert known_names(school.database) == default_lexicon().names
    assert digest(kept_lexicon(school.database)) == digest(default_lexicon())
    with pytest.raises(UnknownDomain):
        select(school.database, "domain:education")


def test_selectors_know_a_domain_of_a_file(school: Desk) -> None:
    """It selects its own and inherited models, in any capitals; a name that no lexicon defines is refused."""
    ids = [str(row[0]) for row in school.rows("select id from hub.nodes order by nid")]
    found = {ids[number] for number in select(school.database, "domain:Education").tolist()}
    assert found == {"maple/tutor-7b", "maple/model-2"}
    with pytest.raises(UnknownDomain, match="the domains are medical, legal, financial, education") as refused:
        select(school.database, "domain:educaton")
    assert refused.value.hint == "did you mean education?"
    assert refused.value.exit_code == 2
    with pytest.raises(UnknownDomain):
        check_known(school.database, None, "zoology")


def test_the_page_draws_a_domain_of_a_file_as_itself(school: Desk) -> None:
    """Each model has the bits of its own domains, and the page their names, titles and colours."""
    payload = encode(find_explorer(school.database, None))
    about, models = payload["about"], payload["models"]
    assert isinstance(about, dict)
    assert isinstance(models, dict)
    assert about["domains"][-1] == {"name": "education", "title": "Education", "colour": "#aa3377"}
    names = [one["name"] for one in about["domains"]]
    bits = dict(zip(models["id"], models["domains"], strict=True))
    assert bits["maple/tutor-7b"] == bits["maple/model-2"] == 1 << names.index("education")
    assert bits["maple/medical-notes"] == 1 << names.index("medical")


def test_places_of_domains_follow_the_lexicon(school: Desk) -> None:
    """What predicts and schedules by domain has the places of the known ones."""
    names = known_names(school.database)
    ids = [str(row[0]) for row in school.rows("select id from hub.nodes order by nid")]
    places = dict(zip(ids, surest_domains(school.database, len(ids)).tolist(), strict=True))
    assert places["maple/tutor-7b"] == names.index("education")
    assert places["maple/medical-notes"] == names.index("medical")


def test_instruments_count_models_of_every_domain(school: Desk, make_score: Callable[..., Score]) -> None:
    """Each domain has a column of its own, whoever defined it."""
    write_scores(
        school.database, [make_score("maple/tutor-7b", 40), make_score("maple/medical-notes", 9)], school.START
    )
    refresh(school.database)
    (harm,) = [row for row in list_instruments(school.database, default_catalogue()).records() if row["name"] == "harm"]
    assert (harm["models"], harm["education"], harm["medical"], harm["legal"]) == (2, 1, 1, 0)


def test_children_inherit_from_a_parent_that_is_not_stored(desk: Desk) -> None:
    """A parent known by name alone is judged by its name, and its children inherit what that says."""
    desk.take([desk.record(1, id="maple/base-dpo", tags=["base_model:finetune:birch/saul-base"])])
    desk.store.derive(default_lexicon(), desk.START + timedelta(days=1))
    rows = desk.rows("select model, basis, signals[1] from domains where domain = 'legal' order by model")
    assert rows == [
        ("birch/saul-base", "own", "name:saul"),
        ("maple/base-dpo", "inherited", "ancestor:birch/saul-base"),
    ]
