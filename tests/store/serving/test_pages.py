"""The pages without a browser: the search, a model, families in parts, and refusals that say the way out."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from tests.store.serving.conftest import FAMILY, HOSTILE

if TYPE_CHECKING:
    import pytest

    from tests.store.serving.conftest import Asking

PAGE = {"accept": "text/html"}


def linked(asking: Asking, path: str) -> list[str]:
    """Return the models that the table of a page links to, in order; every text of it is escaped."""
    answer = asking.get(path, **PAGE)
    assert answer.status == 200, answer.body
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'sha256-")
    text = answer.body.decode()
    assert "<img" not in text
    return [
        unescape(one) for one in re.findall(r'<td role="cell"[^>]*><a href="/model/[^"]*"><bdi>([^<]*)</bdi>', text)
    ]


def test_every_model_is_found(asking: Asking) -> None:
    """Parts of the id in any capitals and order, author, domain and licence find models, the most downloaded first."""
    everything = [f"maple/base-{number:02}" for number in range(2, FAMILY)]
    assert linked(asking, "/search?search=BASE+maple") == ["maple/base", *everything]
    assert linked(asking, "/search?search=03+base-") == ["maple/base-03"]
    assert linked(asking, "/search?author=EVIL") == [HOSTILE]
    assert linked(asking, "/search?domain=medical") == ["maple/base-02"]
    assert linked(asking, "/search?license=none-such") == []
    assert b"No model passes" in asking.get("/search?search=oak", **PAGE).body


def test_lists_come_in_pages(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages of a search, and of what was made from a model, hold every model once, with links both ways."""
    for module in ("search_page", "model_page"):
        monkeypatch.setattr(f"store.serving.{module}.PAGE_ROWS", 20)
    first, second = (linked(asking, f"/search?search=base&page={page}") for page in (1, 2))
    assert (len(first), len(second)) == (20, 9)
    assert len({*first, *second}) == 29
    assert b'href="/search?search=base&amp;page=2" rel="next"' in asking.get("/search?search=base", **PAGE).body
    assert b'rel="prev"' in asking.get("/search?search=base&page=2", **PAGE).body
    children = [one for page in (1, 2) for one in linked(asking, f"/model/maple/base?page={page}")]
    assert sorted(children) == sorted([HOSTILE, *(f"maple/base-{number:02}" for number in range(2, FAMILY))])
    rows = asking.get("/api/v1/children?id=maple/base").json()["rows"]
    assert [row["id"] for row in rows] == children


def test_a_model(asking: Asking) -> None:
    """A model's page has its parents with the evidence, its domains, its family, and leads on."""
    text = asking.get("/model/maple/base-02", **PAGE).body.decode()
    for words in (
        "declared by tag",
        "Medical (own",
        "All evidence: ",
        'href="/family?around=maple%2Fbase-02#m=maple%2Fbase-02"',
    ):
        assert words in text
    moved = asking.get("/model/MAPLE/Base-02", **PAGE)
    assert (moved.status, moved.headers["location"]) == (307, "/model/maple/base-02")


def test_a_family_that_is_too_large_comes_in_parts(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """Around a model there is as much as a page holds, and the page says so; a selection that is larger is refused."""
    monkeypatch.setattr("store.serving.family_pages.MOST_MODELS", 10)
    text = asking.get("/family?root=maple/base", **PAGE).body.decode()
    assert "The nearest and most downloaded 10 of 30 models" in text
    assert len(set(re.findall(r'"maple/base-\d\d"', text))) == 8  # with the base and the hostile one
    assert "about <a" in asking.get("/family?around=maple/base-02", **PAGE).body.decode()
    for path in ("/family", "/family?selector=%2A"):
        answer = asking.get(path, **PAGE)
        assert answer.status == 400
        assert b"selects 30 models, and a page shows at most 10" in answer.body
        assert b"/search" in answer.body
    assert asking.get("/family?selector=a/b&root=c/d").json()["error"].startswith("root: cannot be combined")


def test_a_family_is_whole_around_any_of_its_models(asking: Asking) -> None:
    """From a derivative the family opens from its root on."""
    assert asking.get("/family?around=maple/base-02").body == asking.get("/family?around=maple/base").body


def test_a_refusal_is_a_page_for_people(asking: Asking) -> None:
    """A browser gets a sentence with links to the nearest names, a program JSON."""
    answer = asking.get("/model/maple/bass-02", **PAGE)
    assert answer.status == 404
    assert b'<a href="/model/maple/base-02">' in answer.body
    assert "no model is called" in asking.get("/model/maple/bass-02").json()["error"]
    assert asking.get("/search?colour=red", **PAGE).status == 400
