"""The slow path: what DuckDB refuses is mended where it must be, reported, and never costs another record."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.crawl_records import UnreadablePage
from store.ingest.json_repair import mend_page, refused

HUB_ID = "0123456789abcdef01234567"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def ids(body: bytes) -> list[object]:
    """Return the ids of the records that a page gives."""
    return [json.loads(record)["id"] for record in mend_page(body).records]


@given(st.lists(JSON, max_size=5))
def test_a_sound_page_comes_out_as_it_went_in(elements: list[object]) -> None:
    """Whatever is JSON needs no mending, element by element, byte by byte."""
    texts = [json.dumps(element) for element in elements]
    page = mend_page(f" [ {' , '.join(texts)} ] ".encode())
    assert [record.decode() for record in page.records] == texts
    assert page.mends == ()


@given(st.lists(st.text(st.characters(codec=None)), min_size=1, max_size=3))
def test_text_is_mended_where_it_must_be_and_only_there(texts: list[str]) -> None:
    """Lone surrogates become U+FFFD; every other character of the text stays, pairs of escapes too."""
    body = json.dumps([{"_id": "1", "id": "a/b", "texts": texts}]).encode()
    page = mend_page(body)
    (record,) = (json.loads(each) for each in page.records)
    expected = ["".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text) for text in _joined(texts)]
    assert record["texts"] == expected
    assert bool(page.mends) == any(
        "\ufffd" in after and after != before for before, after in zip(_joined(texts), expected, strict=True)
    )


def _joined(texts: list[str]) -> list[str]:
    """Return texts as JSON's readers have them: two halves that meet are one character."""
    return [json.loads(json.dumps(text)) for text in texts]


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (r'"\ud83d half"', "lone surrogate or wrong byte replaced"),
        (r'"\\\ud83d"', "lone surrogate or wrong byte replaced"),
        ("NaN", "not a finite number; read as null"),
        ("-Infinity", "not a finite number; read as null"),
        ('"raw\nline"', "characters that JSON does not allow; replaced"),
        ('"raw\x00nul"', "characters that JSON does not allow; replaced"),
        ('{"a": NaN, "a": 1}', "characters that JSON does not allow; replaced"),
    ],
)
def test_a_record_is_mended_and_reported(bad: str, problem: str) -> None:
    """What the database refuses in one place is replaced there, and the report names record, field and reason."""
    page = mend_page(f'[{{"_id":"{HUB_ID}","id":"a/b","x":{bad},"big":{"9" * 6000},"far":1e999}}]'.encode())
    assert '"big":' + "9" * 6000 in page.records[0].decode()
    assert "1e999" in page.records[0].decode()
    (mend,) = page.mends
    assert (mend.hub_id, mend.model, mend.problem) == (HUB_ID, "a/b", problem)
    assert mend.field in {"record.x", "record"}
    json.loads(page.records[0].replace(b"9" * 6000, b"9"))


def test_constants_inside_text_stay() -> None:
    """The words NaN and Infinity in a text or a longer word are nobody's numbers."""
    page = mend_page(rb'[{"id":"NaN -Infinity \"NaN","x":NaN}]')
    assert json.loads(page.records[0]) == {"id": 'NaN -Infinity "NaN', "x": None}


@pytest.mark.parametrize("depth", [600, 900, 5_000])
def test_deep_nesting_is_mended_without_being_decoded(depth: int) -> None:
    """A record that is nested deeper than Python reads keeps its text, mended, and the next record follows."""
    deep = "[" * depth + "]" * depth
    body = f'[{{"_id":"1","id":"a/b","x":{deep},"n":NaN,"s":"\\ud800"}},{{"_id":"2","id":"c/d"}}]'
    page = mend_page(body.encode())
    assert len(page.records) == 2
    assert b"NaN" not in page.records[0]
    assert b"\\ufffd" in page.records[0]
    assert page.mends


def test_deep_nesting_that_never_ends_is_one_record() -> None:
    """A page cut inside of deep nesting gives what there is, to be refused by the database."""
    page = mend_page(b'[{"id":"a/b","x":' + b"[" * 5_000)
    assert len(page.records) == 1
    assert page.mends[-1].problem == "the page was cut"


@pytest.mark.parametrize("end", ['"tags":["x","y', '"config":{"a":"b', '"x":"', '"tags":["x"'])
def test_a_record_cut_inside_of_a_text_costs_no_other(end: str) -> None:
    """The next record's first quote ends the text of a cut one, and brackets match by chance; all others are kept."""
    others = [f'{{"_id":"{number}","id":"a/{number}","tags":["t"]}}' for number in range(6)]
    page = mend_page(f'[{{"_id":"9","id":"a/cut",{end},{",".join(others)}]'.encode())
    assert [record.decode() for record in page.records] == others
    assert [(mend.problem, "a/cut" in mend.value) for mend in page.mends] == [("not JSON", True)]


def test_a_cut_record_before_deep_nesting_costs_no_other() -> None:
    """Where what follows a cut list is nested too deeply to be decoded, the records between are kept, and it too."""
    deep = '{"_id":"3","id":"a/deep","x":' + "[" * 5_000 + "]" * 5_000 + "}"
    others = ['{"_id":"1","id":"a/1","tags":[]}', deep, '{"_id":"2","id":"a/2","tags":[]}']
    page = mend_page(f'[{{"_id":"9","id":"a/cut","tags":["x",{",".join(others)}]'.encode())
    assert [record.decode() for record in page.records[1:]] == others
    assert page.records[0].startswith(b'{"_id":"9","id":"a/cut"')  # for the database to refuse, which is told


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        ('{"_id":"1","id":"a/b","x":tru}', ["e/f"]),
        ('{"_id":"1","id":"a/b","x":01}', ["e/f"]),
        ("tru", ["e/f"]),
        ("}", ["e/f"]),
        ('{"_id":"1","id":"a/b","tags":["x","y', ["e/f"]),
        ('{"_id":"1","id":"a/b","tags":["x"}', ["e/f"]),
        ('{"_id":"1","id":"a/b","x":tru,"baseModels":{"models":[{"_id":"2","id":"c/d"}]}}', ["e/f"]),
        ('{"_id":"1","id":"a/b","x":[,"models":[{"_id":"2","id":"c/d"},{"_id":"3","id":"g/h"}]}', ["e/f"]),
    ],
)
def test_a_lost_record_costs_no_other_and_makes_none_up(lost: str, expected: list[str]) -> None:
    """The record behind a broken one is read, and the parents that the broken one names are not taken for records."""
    body = f'[{{"_id":"0","id":"z/z","likes":1}},{lost},{{"_id":"9","id":"e/f","likes":2}}]'.encode()
    assert ids(body) == ["z/z", *expected]
    assert all(mend.problem == "not JSON" for mend in mend_page(body).mends)
    assert mend_page(body).mends


def test_a_page_cut_between_records_is_told() -> None:
    """A page that ends before its bracket keeps its records and says that it was cut."""
    page = mend_page(b'[{"id":"a/b"},{"id":"c/d"}')
    assert len(page.records) == 2
    assert [mend.problem for mend in page.mends] == ["the page was cut"]


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"<html>502</html>", b'{"error":"no"}', b"[", b"[tru", b"null", b"\xff\xfe"]
)
def test_what_is_no_page_is_refused(body: bytes) -> None:
    """A page without a single record that can be read is unreadable, and so is an answer that is no list."""
    with pytest.raises(UnreadablePage):
        mend_page(body)


def test_an_empty_page_is_a_page() -> None:
    """A list without elements is the end of a walk, not a fault; a byte order mark before it is none either."""
    assert mend_page(b"\xef\xbb\xbf[]").records == ()


def test_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    """A wrong byte costs its character."""
    assert ids(b'[{"id":"a\xff"}]') == ["a\ufffd"]
    assert [mend.field for mend in mend_page(b'[{"id":"a\xff"}]').mends] == ["record.id"]


def test_a_refused_record_is_named_as_far_as_it_can_be() -> None:
    """The report of a record that the database refuses names it where it can be read, and quotes its beginning."""
    named = refused(f'{{"_id":"{HUB_ID}","id":"a/b"}}'.encode())
    assert (named.hub_id, named.model, named.field) == (HUB_ID, "a/b", "record")
    assert refused(b'{"_id":"1","id":"a/b"}').hub_id == "id:a/b"
    nameless = refused(b'{"_id":')
    assert (nameless.hub_id, nameless.model, nameless.value) == (None, None, '{"_id":')
    assert refused(b"[1]").model is None
    assert refused(b'{"_id":1,"id":[]}').hub_id is None


def test_surrogates_in_keys_are_mended_and_named() -> None:
    """A key is text like any other."""
    page = mend_page(rb'[{"id":"a/b","\ud800key":[1,{"x":"\udc00"}]}]')
    assert "\ufffdkey" in json.loads(page.records[0])
    assert len(page.mends) == 2


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    """Whatever arrives is a page or an UnreadablePage."""
    try:
        page = mend_page(b'[{"_id":"1","id":"a/b"},' + body)
    except UnreadablePage:
        return
    assert all(record.decode("utf-8") for record in page.records)
