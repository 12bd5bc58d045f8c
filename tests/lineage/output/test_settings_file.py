"""Settings files: what they may say, where it ends up, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cli
from lineage.output.settings_file import (
    OWNERS_ALONE,
    Command,
    SettingsFault,
    SettingsFile,
    described,
    merged,
    options_of,
    read_settings,
)

MINE = SettingsFile(name="mine.toml", is_trusted=True)
FOUND = SettingsFile(name="found.toml", is_trusted=False)
LIST = Command(options={"db": "db", "format": "output", "limit": "limit"})
CRAWL = Command(options={"db": "db", "endpoint": "endpoint", "dry-run": "dry_run"})
COMMANDS = Command(members={"models": LIST, "crawl": CRAWL, "scores": Command(members={"list": LIST})})


def test_a_setting_for_all_commands() -> None:
    """What stands at the top goes to every command that has such an option, and to its parameter."""
    found = read_settings('db = "x"\nformat = "json"', MINE, COMMANDS)
    listing = {"db": "x", "output": "json"}
    assert found == {"models": listing, "crawl": {"db": "x"}, "scores": {"list": listing}}


def test_a_table_wins_over_the_top() -> None:
    """What a command's own table says wins for that command, a group's table for its members."""
    found = read_settings("limit = 1\n[models]\nlimit = 2\n[scores]\nlimit = 3\n", MINE, COMMANDS)
    assert found == {"models": {"limit": 2}, "scores": {"list": {"limit": 3}}}


def test_dashes_and_underscores() -> None:
    """An option may be written with either."""
    assert read_settings("[crawl]\ndry_run = true", MINE, COMMANDS) == {"crawl": {"dry_run": True}}


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("limits = 1", "limits", "no such option"),
        ("[models]\nendpoint = 'http://x'", "models.endpoint", "no such option"),
        ("[modles]\nlimit = 1", "modles", "no such option"),
        ("token = 'hf_x'", "token", "must not hold secrets"),
        ("[crawl]\nhf_token = 'hf_x'", "crawl.hf_token", "must not hold secrets"),
        ("[limit]\nx = 1", "limit", "not a table"),
        ("db = ", None, "not TOML"),
        ("x = " + "[" * 5_000, None, "not TOML"),
        ("x = " + "9" * 5_000, None, "not TOML"),
        ("# " + "x" * 70_000, None, "longer"),
        ("limit = " + "9" * 5_000, None, "not TOML"),
        ("limit = 0x" + "f" * 5_000, "limit", "too large for any option"),
        ("limit = [[1, 0x" + "f" * 5_000 + "]]", "limit", "too large for any option"),
    ],
)
def test_a_fault_names_file_and_key(text: str, key: str | None, words: str) -> None:
    """What cannot be used is named, with the file."""
    with pytest.raises(SettingsFault, match=words) as caught:
        read_settings(text, MINE, COMMANDS)
    assert caught.value.key == key
    assert str(caught.value).startswith("mine.toml")


def test_a_near_miss_is_suggested() -> None:
    """A misspelt option or command gets the nearest that exists."""
    with pytest.raises(SettingsFault) as caught:
        read_settings("[modles]\nlimit = 1", MINE, COMMANDS)
    assert caught.value.hint == "did you mean 'models'?"


def test_a_foreign_file_sends_nothing_elsewhere() -> None:
    """A file that may come with somebody's repository must not name the server that gets the user's token."""
    text = "endpoint = 'http://evil.example'"
    with pytest.raises(SettingsFault, match="must not set where requests go"):
        read_settings(text, FOUND, COMMANDS)
    assert read_settings(text, MINE, COMMANDS) == {"crawl": {"endpoint": "http://evil.example"}}


@pytest.mark.parametrize("option", sorted(OWNERS_ALONE))
def test_a_foreign_file_says_nothing_that_is_the_owners(option: str) -> None:
    """Whatever sends, runs, writes over or opens to others is said by the user alone."""
    commands = Command(members={"some": Command(options={option: "value"})})
    for text in (f"{option} = 'x'", f"[some]\n{option.replace('-', '_')} = 'x'"):
        with pytest.raises(SettingsFault, match="must not set"):
            read_settings(text, FOUND, commands)
        assert read_settings(text, MINE, commands) == {"some": {"value": "x"}}


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever a file holds, it gives settings or one clear error."""
    said = ""
    try:
        read_settings(text, FOUND, COMMANDS)
    except SettingsFault as error:
        said = str(error)
    assert said.isprintable()


def test_every_option_that_reaches_out_exists() -> None:
    """The list of what a foreign file must not say names options that commands have, so that a rename is noticed."""
    assert set(options_of(described(cli.command_tree()))) >= OWNERS_ALONE - {"namespace"}


trees = st.recursive(
    st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=6
)
tables = st.dictionaries(st.sampled_from("abc"), trees, max_size=3)


@given(tables, tables)
def test_the_inner_file_wins(outer: dict[str, object], inner: dict[str, object]) -> None:
    """Merging again changes nothing, and nothing of the inner file is lost."""
    both = merged(outer, inner)
    assert merged(both, inner) == both
    assert set(both) == set(outer) | set(inner)
